import { resourceKey } from '@rookery/core';
import { redis } from '@rookery/core/redis';
import { lockDriverContract } from '@rookery/lock/testing';
import { acquireMutex } from 'redis-semaphore/lib/mutex/acquire.js';
import { releaseMutex } from 'redis-semaphore/lib/mutex/release.js';
import { describe, expect, it } from 'vitest';
import { lockDriverFor } from '../../libs/lock/src/lock.drivers.js';
import { backendsOf, freshNamespace } from '../backends.js';
import { redisUrl } from '../services.js';

const backends = backendsOf('redis');
const namespace = freshNamespace();

lockDriverContract('redis', { create: () => lockDriverFor(backends(namespace)) });

describe("beside redis-semaphore's mutex on the same key", () => {
  it('each keeps the other out', async () => {
    const backend = redis({ url: redisUrl(), namespace: freshNamespace() });
    const driver = await lockDriverFor(backend);
    await driver.open();
    const key = resourceKey(backend.namespace, 'lock', 'both');
    const once = { lockTimeout: 30_000, acquireTimeout: 1_000, acquireAttemptsLimit: 1, retryInterval: 0 };
    const takeMutex = () => acquireMutex(backend.client, key, { identifier: 'mutex', ...once });
    const owner = 'replica/1';
    const grant = { keys: ['both'], owner, ttlMs: 30_000, mode: 'exclusive', permits: 1, weight: 1 } as const;
    expect(await takeMutex()).toBe(true);
    expect((await driver.acquire(grant)).status).toBe('busy');
    await releaseMutex(backend.client, key, 'mutex');
    expect((await driver.acquire(grant)).status).toBe('granted');
    expect(await takeMutex()).toBe(false);
    expect((await driver.release(grant)).released).toBe(true);
    expect(await takeMutex()).toBe(true);
    await driver.close();
  });
});

describe('a Redis whose clock was set back', () => {
  it('still hands out larger tokens, of one key and of several', async () => {
    const backend = redis({ url: redisUrl(), namespace: freshNamespace() });
    const driver = await lockDriverFor(backend);
    await driver.open();
    const last = Date.now() * 1000 + 3_600_000_000;
    await backend.client.set(resourceKey(backend.namespace, 'lock', 'a', 'fence'), last);
    const grant = { owner: 'replica/1', ttlMs: 30_000, mode: 'exclusive', permits: 1, weight: 1 } as const;
    expect(await driver.acquire({ ...grant, keys: ['a'] })).toMatchObject({ status: 'granted', token: last + 1 });
    await driver.release({ ...grant, keys: ['a'] });
    expect(await driver.acquire({ ...grant, keys: ['a', 'b'] })).toMatchObject({ status: 'granted', token: last + 2 });
    await driver.release({ ...grant, keys: ['a', 'b'] });
    expect(await driver.acquire({ ...grant, keys: ['b'] })).toMatchObject({ status: 'granted', token: last + 3 });
    await driver.close();
  });
});
