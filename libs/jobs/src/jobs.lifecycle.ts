import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type { DrainRegistry } from '@rookery/core';
import type { AppProcessors } from './bullmq/app-processors.js';
import type { TransactionalEnqueue } from './outbox/transactional-enqueue.js';
import type { JobsExecutor } from './running/jobs.executor.js';

/**
 * When jobs start and stop. With ClusterModule its drain phases say so; without, Nest's hooks: jobs are done before
 * `onApplicationShutdown`, where TypeORM closes its pool, so the order of imports does not matter.
 */
@Injectable()
export class JobsLifecycle
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    private readonly executor: JobsExecutor,
    private readonly transactional: TransactionalEnqueue,
    private readonly processors: AppProcessors | undefined,
    private readonly registry?: DrainRegistry,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.executor.open();
    this.registry?.register('intake', 'jobs', () => this.stopIntake());
    this.registry?.register('work', 'jobs', (budget) => this.drain(budget));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.transactional.start();
    await this.executor.start();
    if (this.executor.executes) this.processors?.start();
  }

  async onModuleDestroy(): Promise<void> {
    if (!this.registry) await this.stopIntake();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (!this.registry) await this.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.drain(AbortSignal.abort());
    await this.executor.close();
  }

  private async stopIntake(): Promise<void> {
    await Promise.all([this.executor.stopIntake(), this.processors?.stopIntake()]);
  }

  private async drain(budget?: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([...(budget ? [budget] : []), AbortSignal.timeout(this.executor.drainMs)]);
    await Promise.all([this.executor.drain(budget), this.processors?.drain(limit)]);
    await this.transactional.close();
  }
}
