import type { INestApplicationContext } from '@nestjs/common';

/** What `useCluster` did to the app; nothing, when nobody called it. */
export class Attachment {
  app: INestApplicationContext | undefined;
  private detachSignals: (() => void) | undefined;

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
