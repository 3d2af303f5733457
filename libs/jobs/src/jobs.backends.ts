import { Logger } from '@nestjs/common';
import { ClosedError, memory, type Backend } from '@rookery/core';
import type { JobsDriver, Retention } from './jobs.driver.js';
import { jobsDriverFor } from './jobs.drivers.js';
import { JobsSetupError } from './jobs.errors.js';
import type { JobsModuleOptions, RetentionOptions } from './jobs.options.js';

const HOUR_MS = 3_600_000;

/** The stores of the module's queues: one driver per backend, however many queues name it. */
export class JobsBackends {
  private readonly opened = new Map<Backend, Promise<JobsDriver>>();
  private readonly ready = new Map<Backend, JobsDriver>();
  /** The backend of queues that name none. */
  readonly main: Backend;

  constructor(
    private readonly options: JobsModuleOptions,
    shared?: Backend,
  ) {
    this.main = options.backend ?? shared ?? memory();
  }

  /** All backends in use. */
  get all(): Backend[] {
    const own = Object.values(this.options.queues ?? {}).flatMap(({ backend }) => backend ?? []);
    return [...new Set([this.main, ...own])];
  }

  backendOf(queue: string): Backend {
    return this.options.queues?.[queue]?.backend ?? this.main;
  }

  async open(): Promise<void> {
    await Promise.all(this.all.map((backend) => this.driver(backend)));
  }

  /** The driver of a backend, open. */
  driver(backend: Backend): Promise<JobsDriver> {
    return this.opened.get(backend) ?? this.openOnce(backend);
  }

  /** The driver of a queue. @throws ClosedError before `open` and after `close` */
  driverOf(queue: string): JobsDriver {
    const driver = this.ready.get(this.backendOf(queue));
    if (!driver) throw new ClosedError('JobsService');
    return driver;
  }

  async close(): Promise<void> {
    const opened = [...this.opened.values()];
    this.opened.clear();
    this.ready.clear();
    await Promise.allSettled(opened.map(async (driver) => (await driver).close()));
  }

  private openOnce(backend: Backend): Promise<JobsDriver> {
    const opened = this.loadAndOpen(backend);
    this.opened.set(backend, opened);
    opened.then(
      (driver) => this.ready.set(backend, driver),
      () => this.opened.delete(backend),
    );
    return opened;
  }

  private async loadAndOpen(backend: Backend): Promise<JobsDriver> {
    const driver = await this.load(backend);
    try {
      await driver.open();
    } catch (error) {
      await driver.close();
      throw error;
    }
    if (backend.kind === 'memory')
      new Logger('JobsModule').warn('Jobs are kept in the memory of this process: they are gone when it ends.');
    return driver;
  }

  private async load(backend: Backend): Promise<JobsDriver> {
    const { completed, failed } = this.options.retention ?? {};
    try {
      return await jobsDriverFor(backend, {
        completed: kept(completed, HOUR_MS, 1_000),
        failed: kept(failed, 14 * 24 * HOUR_MS, 10_000),
      });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
      throw new JobsSetupError(
        `Jobs on ${backend.kind} need a package that is not installed: ${(cause as Error).message}. Run: npm install bullmq @nestjs/bullmq`,
        { cause },
      );
    }
  }
}

function kept(options: RetentionOptions = {}, ageMs: number, count: number): Retention {
  return { ageMs: options.ageMs ?? ageMs, count: options.count ?? count };
}
