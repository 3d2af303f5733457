import type { Backend } from '@rookery/core';
import { LockModule, LockService } from '@rookery/lock';
import { Test } from '@nestjs/testing';

/** Apps of one spec with nothing but locks; `close` ends those that still run. */
export class LockReplicas {
  readonly running: { close(): Promise<void> }[] = [];

  async start(backend: Backend): Promise<LockService> {
    const app = await Test.createTestingModule({ imports: [LockModule.forRoot({ backend })] }).compile();
    await app.init();
    this.running.push(app);
    return app.get(LockService);
  }

  async close(): Promise<void> {
    await Promise.all(this.running.splice(0).map((app) => app.close()));
  }
}
