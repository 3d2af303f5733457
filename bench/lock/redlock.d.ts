/** redlock's own types cannot be found through its package.json; this is as much of them as the bench uses. */
declare module 'redlock' {
  import type { Redis } from 'ioredis';

  interface Settings {
    retryCount?: number;
    automaticExtensionThreshold?: number;
  }

  export default class Redlock {
    constructor(clients: Redis[], settings?: Settings);
    acquire(keys: string[], ttlMs: number): Promise<{ release(): Promise<unknown> }>;
    using(
      keys: string[],
      ttlMs: number,
      settings: Settings,
      work: (signal: AbortSignal) => Promise<void>,
    ): Promise<void>;
  }
}
