import type { Cluster } from '@rookery/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { redisUrl } from '../services.js';
import { ask, startExample } from './example.js';

interface Rate {
  rate: number;
  askedBy: number;
}

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startExample('cache-only', { env: { REDIS_URL: redisUrl() }, readyPath: '/rates/CHF' });
}, 180_000);
afterAll(() => cluster?.stop());

it('asks once for all replicas, and forgets on all of them', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => ask<Rate>(cluster, index % 2, '/rates/EUR')),
  );
  expect(new Set(answers.map(({ rate }) => rate)).size).toBe(1);
  await ask(cluster, 0, '/rates/EUR', { method: 'DELETE' });
  await vi.waitFor(async () => {
    const [here, there] = await Promise.all([0, 1].map((index) => ask<Rate>(cluster, index, '/rates/EUR')));
    expect(here.rate).not.toBe(answers[0].rate);
    expect(there.rate).toBe(here.rate);
  });
});
