import type { Cluster } from '@rookery/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { freshPostgresUrl, redisUrl } from '../services.js';
import { ask, startExample } from './example.js';

let cluster: Cluster;
beforeAll(async () => {
  const env = { REDIS_URL: redisUrl(), DATABASE_URL: await freshPostgresUrl() };
  cluster = await startExample('jobs-outbox', { env, readyPath: '/orders' });
}, 180_000);
afterAll(() => cluster?.stop());

const order = (replica: number, item: string, stock: number) =>
  ask(cluster, replica, '/orders', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ item, stock }),
  });

it('sends a receipt for each order that was committed, and keeps nothing of those that were not', async () => {
  const orders = Array.from({ length: 12 }, (_, index) => order(index % 2, `book ${index}`, index % 3));
  const outcomes = await Promise.allSettled(orders);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(8);
  await vi.waitFor(
    async () => {
      const kept = await ask<{ item: string; receiptSent: boolean }[]>(cluster, 0, '/orders');
      expect(kept).toHaveLength(8);
      expect(kept.filter(({ receiptSent }) => !receiptSent)).toEqual([]);
    },
    { timeout: 45_000, interval: 200 },
  );
});
