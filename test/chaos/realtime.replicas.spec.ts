import { setTimeout as sleep } from 'node:timers/promises';
import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { startCluster, type BackendName, type Cluster } from '@rookery/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Audience } from './fixtures/realtime.audience.js';
import { randomOf, scale, scenario, type ChaosRow } from './report.js';

const WAIT = { timeout: 120_000, interval: 100 };
const CLIENTS = 200;
const ROOMS = 20;
/** The lease of a replica's users; a replica that stands still for longer is taken for dead. */
const PRESENCE_TTL_MS = 3_000;
const PAUSE_MS = scale > 1 ? 20_000 : 6_000;

const backends: BackendName[] = ['redis', 'postgres'];
describe.each(backends)('200 sockets over replicas on %s, while messages never stop', (backend) => {
  let cluster: Cluster;
  let audience: Audience;

  beforeEach(async () => {
    cluster = await startCluster({
      entry: new URL('./fixtures/realtime.app.mjs', import.meta.url),
      replicas: 3,
      backend,
      env: { PRESENCE_TTL_MS: String(PRESENCE_TTL_MS) },
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

  const begin = (id: string, fault: string) =>
    scenario({ id, backend, fault, must: 'every client is back, 0 messages lost or twice, or told to reload' });

  /** Waits until everybody is back, says so, and proves that nothing was lost or came twice. */
  async function check(row: ChaosRow, from: number) {
    await vi.waitFor(() => expect(audience.connected).toBe(CLIENTS), WAIT);
    row.recoveredMs = performance.now() - from;
    await sleep(1_000);
    row.operations = await audience.hush();
    await vi
      .waitFor(() => expect(audience.violations()).toEqual([]), { ...WAIT, timeout: 30_000 })
      .catch(() => undefined);
    const violations = audience.violations();
    row.violations = violations.length;
    expect(violations).toEqual([]);
    expect(row.operations).toBeGreaterThan(100);
  }

  it('loses nothing when a replica is killed', async () => {
    const row = begin('realtime-kill', 'replica SIGKILLed under 200 sockets');
    const random = randomOf(`realtime-kill-${backend}`);
    const from = performance.now();
    for (let round = 0; round < scale; round++) {
      const victim = Math.floor(random() * 3);
      await cluster.kill(victim);
      await sleep(2_000);
      await cluster.start(victim);
    }
    await check(row, from);
    // The history was long enough for everybody, so nobody had to reload.
    expect(audience.count(true)).toBeGreaterThan(CLIENTS / 6);
    expect(audience.count(false)).toBe(0);
  });

  it('loses nothing in a rolling restart', async () => {
    const row = begin('realtime-rolling', 'rolling restart of 3 replicas');
    const from = performance.now();
    for (let index = 0; index < 3; index++) await cluster.restart(index);
    await check(row, from);
    expect(audience.count(false)).toBe(0);
  });

  it('loses nothing when a replica stands still for longer than its lease, and its users are back with it', async () => {
    const row = begin('realtime-pause', `replica SIGSTOPped for ${PAUSE_MS / 1000} s`);
    const everybody = await vi.waitFor(async () => {
      const present = await audience.present();
      expect(present).toHaveLength(CLIENTS);
      return present;
    }, WAIT);
    const from = performance.now();
    await cluster.pause(1);
    await vi.waitFor(async () => expect((await audience.present()).length).toBeLessThan(CLIENTS), WAIT);
    await sleep(PAUSE_MS - (performance.now() - from));
    await cluster.resume(1);
    await check(row, from);
    await vi.waitFor(async () => expect(await audience.present()).toEqual(everybody), WAIT);
  });
});
