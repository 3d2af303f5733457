import type { Cluster } from '@rookery/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { redisUrl } from '../services.js';
import { ask, startExample } from './example.js';

let cluster: Cluster;
beforeAll(async () => {
  const env = { REDIS_URL: redisUrl(), REPORT_CRON: '* * * * * *' };
  cluster = await startExample('cron-only', { env, readyPath: '/reports' });
}, 180_000);
afterAll(() => cluster?.stop());

it('makes each report on one of the replicas, and shows the same history on both', async () => {
  const made = () => [0, 1].flatMap((index) => cluster.logs(index).match(/report for \S+/g) ?? []);
  await vi.waitFor(() => expect(made().length).toBeGreaterThan(4), { timeout: 45_000, interval: 200 });
  expect(new Set(made()).size).toBe(made().length);
  const [first] = await ask<{ scheduledAt: string }[]>(cluster, 0, '/reports');
  const others = await ask<{ scheduledAt: string }[]>(cluster, 1, '/reports');
  expect(others.map(({ scheduledAt }) => scheduledAt)).toContain(first.scheduledAt);
});
