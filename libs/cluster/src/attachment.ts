import type { INestApplicationContext } from '@nestjs/common';
import type { UseRealtime } from './cluster.parts.js';
import type { DrainCoordinator } from './drain/drain-coordinator.js';

/** What `useCluster` needs from the module, and what it did to the app; nothing, when nobody called it. */
export class Attachment {
  app: INestApplicationContext | undefined;
  private detachSignals: (() => void) | undefined;

  constructor(
    readonly drain: DrainCoordinator,
    /** There when realtime is composed. */
    readonly useRealtime?: UseRealtime,
  ) {}

  attach(app: INestApplicationContext, detachSignals: () => void): void {
    this.detach();
    this.app = app;
    this.detachSignals = detachSignals;
  }

  /** Takes the signal listeners away, so that a closed app does not keep them. */
  detach(): void {
    this.detachSignals?.();
    this.detachSignals = undefined;
  }
}
