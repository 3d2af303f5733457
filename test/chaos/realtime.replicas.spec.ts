import { setTimeout as sleep } from 'node:timers/promises';
import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { startCluster, type BackendName, type Cluster } from '@rookery/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Audience } from './fixtures/realtime.audience.js';
import { randomOf, record, scale } from './report.js';

const WAIT = { timeout: 120_000, interval: 100 };
const CLIENTS = 200;
const ROOMS = 20;

const backends: BackendName[] = ['redis', 'postgres'];
describe.each(backends)('200 sockets over replicas on %s, while messages never stop', (backend) => {
  let cluster: Cluster;
  let audience: Audience;

  beforeEach(async () => {
    cluster = await startCluster({
      entry: new URL('./fixtures/realtime.app.mjs', import.meta.url),
      replicas: 3,
      backend,
      stores: [backend === 'redis' ? 'redis' : 'postgres'],
    });
    audience = new Audience(cluster.url, ROOMS);
    await audience.enter(CLIENTS);
    const store =
      backend === 'redis'
        ? redis({ url: cluster.redis!.url, namespace: 'chaos' })
        : postgres({ url: cluster.postgres!.url, namespace: 'chaos', poolSize: 3 });
    await audience.speak(store, 20);
    await sleep(1_000);
  });
  afterEach(async () => {
    await audience?.leave();
    await cluster?.stop();
  });

  /** Waits until everybody is back, says so, and proves that nothing was lost or came twice. */
  async function check(id: string, fault: string, from: number) {
    await vi.waitFor(() => expect(audience.connected).toBe(CLIENTS), WAIT);
    const recoveredMs = Math.round(performance.now() - from);
    await sleep(1_000);
    const operations = await audience.hush();
    await vi
      .waitFor(() => expect(audience.violations()).toEqual([]), { ...WAIT, timeout: 30_000 })
      .catch(() => undefined);
    const violations = audience.violations();
    const must = 'every client is back, 0 messages lost or twice, or told to reload';
    record({ id, backend, fault, operations, violations: violations.length, recoveredMs, must });
    expect(violations).toEqual([]);
    expect(operations).toBeGreaterThan(100);
  }

  it('loses nothing when a replica is killed', async () => {
    const random = randomOf(`realtime-kill-${backend}`);
    const from = performance.now();
    for (let round = 0; round < scale; round++) {
      const victim = Math.floor(random() * 3);
      await cluster.kill(victim);
      await sleep(2_000);
      await cluster.start(victim);
    }
    await check('realtime-kill', 'replica SIGKILLed under 200 sockets', from);
    // The history was long enough for everybody, so nobody had to reload.
    expect(audience.count(true)).toBeGreaterThan(CLIENTS / 6);
    expect(audience.count(false)).toBe(0);
  });

  it('loses nothing in a rolling restart', async () => {
    const from = performance.now();
    for (let index = 0; index < 3; index++) await cluster.restart(index);
    await check('realtime-rolling', 'rolling restart of 3 replicas', from);
    expect(audience.count(false)).toBe(0);
  });

  it('loses nothing when a replica stands still', async () => {
    const from = performance.now();
    await cluster.pause(1);
    await sleep(4_000 * scale);
    await cluster.resume(1);
    await check('realtime-pause', `replica SIGSTOPped for ${4 * scale} s`, from);
  });
});
