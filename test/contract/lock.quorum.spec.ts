import { redis } from '@rookery/core/redis';
import { LockModule, LockService } from '@rookery/lock';
import { QuorumLockDriver } from '@rookery/lock/redis';
import { lockDriverContract } from '@rookery/lock/testing';
import { startRedis, type StoreHandle } from '@rookery/testing';
import { Test } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freshNamespace } from '../backends.js';
import { redisUrl } from '../services.js';

let servers: StoreHandle[];
beforeAll(async () => void (servers = await Promise.all([startRedis(), startRedis(), startRedis()])));
afterAll(async () => void (await Promise.all(servers.map((server) => server.stop()))));

const namespace = freshNamespace();
const quorum = () => servers.map(({ url }) => redis({ url, namespace, connectTimeoutMs: 1_000 }));

lockDriverContract('a quorum of three Redis servers', { create: () => new QuorumLockDriver(quorum()) });

describe('a quorum', () => {
  const running: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((app) => app.close()));
    await Promise.all(servers.map((server) => server.resume().then(() => server.start())));
  });

  async function replica(): Promise<LockService> {
    const app = await Test.createTestingModule({
      imports: [LockModule.forRoot({ backend: redis({ url: redisUrl(), namespace }), quorum: quorum() })],
    }).compile();
    await app.init();
    running.push(app);
    return app.get(LockService);
  }

  it('goes on while a minority is killed or frozen, and its tokens grow', async () => {
    const [one, other] = await Promise.all([replica(), replica()]);
    const tokens: number[] = [];
    const visit = (locks: LockService) =>
      locks.using('k', async ({ fencingToken }) => void tokens.push(fencingToken), { waitMs: 60_000 });
    await visit(one);
    await servers[0].kill();
    await visit(other);
    await servers[0].start();
    await servers[1].pause();
    await Promise.all([visit(one), visit(other), visit(one)]);
    expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  });

  it('grants nothing without a majority, and starts with one', async () => {
    await servers[0].kill();
    const locks = await replica();
    // Not 'k': what a replica could not give back to a frozen server stays there until its ttl has passed.
    await using held = await locks.acquire('one', { ttlMs: 1_500 });
    await servers[1].kill();
    await expect(locks.tryAcquire('another')).rejects.toThrow('majority');
    await vi.waitFor(() => expect(held.held).toBe(false), { timeout: 30_000 });
    await servers[1].start();
    await vi.waitFor(() => locks.using('another', async () => undefined, { waitMs: 1_000 }), { timeout: 30_000 });
  });

  it('lets one holder in at a time', async () => {
    const both = await Promise.all([replica(), replica()]);
    let inside = 0;
    let most = 0;
    const visit = (locks: LockService) =>
      locks.using(
        'counter',
        async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setTimeout(resolve, 2));
          inside--;
        },
        { waitMs: 60_000 },
      );
    await Promise.all(Array.from({ length: 20 }, (_, index) => visit(both[index % 2])));
    expect(most).toBe(1);
  });

  it('refuses an even number of servers', () => {
    expect(() => new QuorumLockDriver(quorum().slice(0, 2))).toThrow('of 3, 5 or 7');
  });
});
