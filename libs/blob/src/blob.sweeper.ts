import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { traced } from '@rookery/core';
import { BlobContainers } from './blob.containers.js';

/**
 * Clears away what interrupted writes and replaced versions left in the store: on one replica at a time, whichever comes
 * first. What fails is tried again at the next turn.
 */
@Injectable()
export class BlobSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly containers: BlobContainers) {}

  onApplicationBootstrap(): void {
    const { sweepEveryMs } = this.containers.options;
    if (sweepEveryMs === 0) return;
    this.timer = setInterval(() => void (this.running = this.sweep()), sweepEveryMs);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Sweeps all stores in use now, unless another replica just did. Answers how much was removed. */
  async sweep(): Promise<number> {
    const { graceMs, sweepEveryMs: everyMs } = this.containers.options;
    let removed = 0;
    for (const driver of await this.containers.inUse()) {
      const swept = await traced('blob:sweep', { driver: driver.kind }, async () =>
        driver.sweep?.({ graceMs, everyMs }),
      ).catch(() => null);
      removed += swept ?? 0;
    }
    return removed;
  }
}
