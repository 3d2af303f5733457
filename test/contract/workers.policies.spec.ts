import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ClusteredInterval, ClusteredTimeout, RunTimeoutError, type WorkerRun } from '@rookery/workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BACKENDS, service, type TestCluster } from './workers.cluster.js';

const SLOW = { timeout: 30_000, interval: 50 };

describe.each(BACKENDS)('policies on %s', (_kind, create) => {
  let cluster: TestCluster;
  beforeEach(() => void (cluster = create()));
  afterEach(() => cluster.stop());

  it('makes up for what was missed while no replica was up: nothing, once, or all', async () => {
    const runs: WorkerRun[] = [];

    @Injectable()
    class Tasks {
      @ClusteredInterval(400, { name: 'skip', misfire: 'skip' }) skip(run: WorkerRun) {
        runs.push(run);
      }
      @ClusteredInterval(400, { name: 'once', misfire: 'once' }) once(run: WorkerRun) {
        runs.push(run);
      }
      @ClusteredInterval(400, { name: 'all', misfire: 'all' }) all(run: WorkerRun) {
        runs.push(run);
      }
    }
    const of = (name: string) => runs.filter((run) => run.name === name);
    const slots = (name: string) => of(name).map(({ scheduledAt }) => scheduledAt.getTime());
    await cluster.start({ providers: [Tasks] });
    await vi.waitFor(
      () => expect(Math.min(...['skip', 'once', 'all'].map((n) => of(n).length))).toBeGreaterThan(0),
      SLOW,
    );
    await cluster.stop();
    const before = { skip: of('skip').length, once: of('once').length, all: of('all').length };
    await sleep(2_500);
    await cluster.start({ providers: [Tasks] });
    await vi.waitFor(
      () =>
        expect(Math.min(...(['skip', 'once', 'all'] as const).map((n) => of(n).length - before[n]))).toBeGreaterThan(3),
      SLOW,
    );

    expect(slots('all')).toEqual(slots('all').map((_, index) => slots('all')[0] + index * 400));
    const [madeUp, ...others] = of('once').slice(before.once);
    expect(madeUp.missed).toBeGreaterThan(3);
    expect(others.every(({ missed }) => missed === 0)).toBe(true);
    const sum = of('once').reduce((total, { missed }) => total + 1 + missed, 0);
    expect(sum).toBe((slots('once').at(-1)! - slots('once')[0]) / 400 + 1);
    const gap = slots('skip')[before.skip] - slots('skip')[before.skip - 1];
    expect(gap).toBeGreaterThan(2_000);
    expect(of('skip')[before.skip].missed).toBe(0);
  });

  it('keeps runs of one task apart over the cluster: skip drops, queue waits, allow runs beside', async () => {
    const running = new Map<string, number>();
    const most = new Map<string, number>();
    const slots = new Map<string, number[]>();
    const work = async ({ name, scheduledAt }: WorkerRun) => {
      running.set(name, (running.get(name) ?? 0) + 1);
      most.set(name, Math.max(most.get(name) ?? 0, running.get(name)!));
      slots.set(name, [...(slots.get(name) ?? []), scheduledAt.getTime()]);
      await sleep(700);
      running.set(name, running.get(name)! - 1);
    };

    @Injectable()
    class Tasks {
      @ClusteredInterval(300, { name: 'skip', overlap: 'skip' }) skip(run: WorkerRun) {
        return work(run);
      }
      @ClusteredInterval(300, { name: 'queue', overlap: 'queue' }) queue(run: WorkerRun) {
        return work(run);
      }
      @ClusteredInterval(300, { name: 'allow', overlap: 'allow' }) allow(run: WorkerRun) {
        return work(run);
      }
    }
    const [replica] = await cluster.startThree(Tasks);
    await vi.waitFor(() => expect(slots.get('queue')?.length ?? 0).toBeGreaterThan(5), SLOW);
    expect(most.get('skip')).toBe(1);
    expect(most.get('queue')).toBe(1);
    expect(most.get('allow')).toBeGreaterThan(1);
    const steps = (name: string) => slots.get(name)!.map((slot, index, all) => (index ? slot - all[index - 1] : 300));
    expect(steps('queue').every((step) => step === 300)).toBe(true);
    expect(steps('skip').every((step) => step >= 300)).toBe(true);
    expect(steps('skip').some((step) => step >= 900)).toBe(true);
    const skipped = (await service(replica).history('skip')).filter(({ status }) => status === 'skipped');
    expect(skipped[0]).toMatchObject({ error: 'overlap', startedAt: null });
    expect(skipped.map(({ slot }) => slot).filter((slot) => slots.get('skip')!.includes(slot))).toEqual([]);
  });

  it('tells a run that takes too long to stop, and lives on when it does not listen', async () => {
    const signals: AbortSignal[] = [];

    @Injectable()
    class Tasks {
      @ClusteredInterval(200, { name: 'listens', timeoutMs: 150 }) async listens({ signal }: WorkerRun) {
        await sleep(60_000, undefined, { signal });
      }
      @ClusteredInterval(200, { name: 'deaf', timeoutMs: 150 }) async deaf({ signal }: WorkerRun) {
        signals.push(signal);
        await new Promise(() => undefined);
      }
    }
    const workers = service(await cluster.start({ providers: [Tasks] }));
    await vi.waitFor(async () => expect((await workers.history('listens')).length).toBeGreaterThan(2), SLOW);
    const ran = (await workers.history('listens')).filter(({ status }) => status !== 'skipped');
    expect(ran[0]).toMatchObject({ status: 'timed-out', error: /timeoutMs of 150 ms/ });
    await vi.waitFor(() => expect(signals.length).toBeGreaterThan(1), SLOW);
    expect(signals[0].reason).toBeInstanceOf(RunTimeoutError);
    expect((await workers.list()).find(({ name }) => name === 'deaf')!.lastRun!.status).toBe('timed-out');
  });

  it('runs a timeout once per start of the cluster, not per replica', async () => {
    const runs: WorkerRun[] = [];

    @Injectable()
    class Tasks {
      @ClusteredTimeout(300, { name: 'timeout' }) timeout(run: WorkerRun) {
        runs.push(run);
      }
    }
    await cluster.startThree(Tasks);
    await vi.waitFor(() => expect(runs).toHaveLength(1), SLOW);
    await cluster.start({ providers: [Tasks] });
    await sleep(1_000);
    expect(runs).toHaveLength(1);
    await cluster.stop();
    await cluster.start({ providers: [Tasks] });
    await vi.waitFor(() => expect(runs).toHaveLength(2), SLOW);
  });
});
