import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { startRedis } from '../stores/redis.js';
import type { StoreHandle } from '../stores/store.js';
import { startProxy, type Link } from './link.js';

let redis: StoreHandle;
let link: Link;
let client: Redis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  link = await startProxy(redis.port);
  client = new Redis(link.throughUrl(redis.url), { retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  await client.ping();
});
afterEach(async () => {
  client.disconnect();
  await link.stop();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('passes everything through, in order', async () => {
  const big = 'x'.repeat(5_000_000);
  await client.set('big', big);
  expect(await client.get('big')).toBe(big);
});

it('breaks connections and refuses new ones until it is healed', async () => {
  link.cut();
  let back = false;
  const answer = client.ping().finally(() => (back = true));
  await pause(300);
  expect(back).toBe(false);
  expect(client.status).not.toBe('ready');
  link.heal();
  expect(await answer).toBe('PONG');
});

it('holds everything back while stalled, and loses nothing', async () => {
  link.stall();
  let back = false;
  const answers = Promise.all([client.set('a', '1'), client.get('a')]).finally(() => (back = true));
  await pause(300);
  expect(back).toBe(false);
  expect(client.status).toBe('ready');
  link.heal();
  expect(await answers).toEqual(['OK', '1']);
});

it('says nothing any more on the connections that it has swallowed, and lets new ones through', async () => {
  link.swallow();
  let back = false;
  void client.ping().finally(() => (back = true));
  await pause(300);
  expect([back, client.status]).toEqual([false, 'ready']);
  client.disconnect(true);
  expect(await client.ping()).toBe('PONG');
});

it('delays a burst once, not piece by piece', async () => {
  link.delay(200);
  const from = performance.now();
  await Promise.all(Array.from({ length: 50 }, () => client.ping()));
  expect(performance.now() - from).toBeGreaterThanOrEqual(395);
  link.heal();
  await client.ping();
});
