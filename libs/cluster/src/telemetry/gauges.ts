import type { Meter, ObservableResult } from '@opentelemetry/api';
import type { ComposedServices } from '../composed-services.js';
import type { ReplicaRegistry } from '../registry/replica-registry.js';

/** Looks at one thing each time metrics are collected. A store that does not answer leaves a hole, nothing else. */
type Look = (result: ObservableResult) => unknown;

/** What is measured by looking: the cluster, queues, tasks, cache, sockets. */
export function observe(meter: Meter, registry: ReplicaRegistry, services: ComposedServices): void {
  const gauge = (name: string, unit: string, description: string, look: Look) =>
    meter.createObservableGauge(name, { unit, description }).addCallback(async (result) => {
      await Promise.resolve(look(result)).catch(() => undefined);
    });
  const counter = (name: string, unit: string, description: string, look: Look) =>
    meter.createObservableCounter(name, { unit, description }).addCallback((result) => void look(result));

  gauge('rookery.replicas', '{replica}', 'Living replicas, by state', (result) => {
    const states = registry.view.map(({ state }) => state);
    for (const state of new Set(states)) result.observe(states.filter((one) => one === state).length, { state });
  });
  gauge('rookery.clock.skew', 's', "How far this machine's clock is ahead of the store's", (result) =>
    result.observe(registry.self.clockSkewMs / 1000),
  );
  gauge('rookery.jobs.count', '{job}', 'Jobs, by queue and state', async (result) => {
    for (const { queue, waiting, delayed, active, failed } of (await services.jobs?.stats()) ?? [])
      for (const [state, count] of Object.entries({ waiting, delayed, active, failed }))
        result.observe(count, { queue, state });
  });
  gauge('rookery.jobs.lag', 's', 'How long the job at the head of a queue has been waiting', async (result) => {
    for (const { queue, lagMs } of (await services.jobs?.stats()) ?? []) result.observe(lagMs / 1000, { queue });
  });
  gauge('rookery.task.overdue', 's', 'How late the oldest slot of a task is', async (result) => {
    for (const { name, overdueMs } of (await services.workers?.list()) ?? [])
      result.observe(overdueMs / 1000, { task: name });
  });
  gauge('rookery.realtime.sockets', '{socket}', 'Sockets of this replica', (result) => {
    const status = services.realtime?.status();
    if (status) result.observe(status.sockets);
  });
  counter('rookery.cache.requests', '{request}', 'Reads of the cache, by where they were answered', (result) => {
    const stats = services.cache?.stats();
    if (!stats) return;
    const answers = { l1: stats.l1Hits, l2: stats.l2Hits, miss: stats.misses, stale: stats.staleServed };
    for (const [answer, count] of Object.entries(answers)) result.observe(count, { answer });
  });
}
