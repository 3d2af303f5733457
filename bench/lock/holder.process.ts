// Holds a lock with a lease of 2 s and says when it learns that it lost it; forked by lost-signal.ts.
import { Redis } from 'ioredis';
import { Test } from '@nestjs/testing';
import { redis } from '@rookery/core/redis';
import { LockModule, LockService } from '@rookery/lock';
import { Mutex } from 'redis-semaphore';
import Redlock from 'redlock';

const [, , name, url] = process.argv as [string, string, string, string];
const lost = () => process.send!('lost');
const TTL_MS = 2_000;

function quietClient(): Redis {
  return new Redis(url).on('error', () => undefined);
}

const holders: Record<string, () => Promise<unknown>> = {
  ours: async () => {
    const app = await Test.createTestingModule({
      imports: [LockModule.forRoot({ backend: redis({ url }) })],
    }).compile();
    await app.init();
    const lock = await app.get(LockService).acquire('a', { ttlMs: TTL_MS });
    lock.signal.addEventListener('abort', lost);
  },
  'redis-semaphore': () => new Mutex(quietClient(), 'b', { lockTimeout: TTL_MS, onLockLost: lost }).acquire(),
  redlock: async () => {
    void new Redlock([quietClient()]).using(['c'], TTL_MS, { automaticExtensionThreshold: 1_000 }, async (signal) => {
      process.send!('held');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      lost();
    });
  },
};
await holders[name]!();
if (name !== 'redlock') process.send!('held');
