import type { Cluster } from '@rookery/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { freshPostgresUrl } from '../services.js';
import { ask, startExample } from './example.js';

interface Seats {
  replicas: number;
  seats: { id: string; cleanings: number }[];
}

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startExample('postgres-cluster', { env: { DATABASE_URL: await freshPostgresUrl() } });
}, 180_000);
afterAll(() => cluster?.stop());

it('books a seat once, however many want it on whatever replica', async () => {
  const wishes = Array.from({ length: 20 }, async (_, index) => {
    const { status } = await fetch(`${cluster.replicas[index % 2].url}/seats/12A/booking`, { method: 'POST' });
    return status;
  });
  expect((await Promise.all(wishes)).toSorted((one, other) => one - other)).toEqual([
    201,
    ...Array<number>(19).fill(409),
  ]);
});

it('cleans it, and knows its replicas', async () => {
  await vi.waitFor(
    async () => {
      const { replicas, seats } = await ask<Seats>(cluster, 1, '/seats');
      expect(replicas).toBe(2);
      expect(seats[0].cleanings).toBeGreaterThan(1);
    },
    { timeout: 45_000, interval: 200 },
  );
});
