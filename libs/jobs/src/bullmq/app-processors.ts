import type { ModuleRef } from '@nestjs/core';
import { BullRegistrar } from '@nestjs/bullmq';
import type { Worker } from 'bullmq';

/** The app's own `@Processor` classes, which @nestjs/bullmq runs: they start and drain with our jobs. */
export class AppProcessors {
  private workers: readonly Worker[] = [];

  constructor(private readonly modules: ModuleRef) {}

  /** Does nothing in an app that registers no queue with BullModule. */
  start(): void {
    const registrar = this.registrar();
    registrar?.register();
    // The workers are there to be closed by @nestjs/bullmq, and not shown by it: drain needs them earlier.
    const { bullExplorer } = (registrar ?? {}) as unknown as { bullExplorer?: { workers: Worker[] } };
    this.workers = bullExplorer?.workers ?? [];
  }

  async stopIntake(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.pause(true)));
  }

  /** Lets them finish what they run, until the limit; then they are told to stop, and left to @nestjs/bullmq. */
  async drain(limit: AbortSignal): Promise<void> {
    const closed = Promise.allSettled(this.workers.map((worker) => worker.close()));
    await Promise.race([closed, new Promise<void>((resolve) => whenAborted(limit, resolve))]);
    for (const worker of this.workers) worker.cancelAllJobs('this replica shuts down');
  }

  private registrar(): BullRegistrar | undefined {
    try {
      return this.modules.get(BullRegistrar, { strict: false });
    } catch {
      return undefined;
    }
  }
}

function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then, { once: true });
}
