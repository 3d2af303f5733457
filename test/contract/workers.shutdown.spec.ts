import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DRAIN, type DrainPhase, type DrainRegistry } from '@rookery/core';
import { ClusteredInterval, RunStoppedError, type WorkerRun } from '@rookery/workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BACKENDS, service, type TestCluster } from './workers.cluster.js';

const SLOW = { timeout: 30_000, interval: 50 };

describe.each(BACKENDS)('shutdown on %s', (_kind, create) => {
  let cluster: TestCluster;
  beforeEach(() => void (cluster = create()));
  afterEach(() => cluster.stop());

  it('lets a run end that ends within the budget', async () => {
    const ended: string[] = [];

    @Injectable()
    class Tasks {
      @ClusteredInterval(100, { name: 'task' }) async task(run: WorkerRun) {
        await sleep(600);
        ended.push(run.runId);
      }
    }
    const app = await cluster.start({ providers: [Tasks] });
    const watcher = service(await cluster.start({ enabled: false }));
    await vi.waitFor(
      async () => expect((await watcher.list()).find(({ name }) => name === 'task')?.runs).toHaveLength(1),
      SLOW,
    );
    await app.close();
    const history = await watcher.history('task');
    expect(history.map(({ runId }) => runId)).toEqual([...ended].reverse());
    expect(history.every(({ status }) => status === 'succeeded')).toBe(true);
  });

  it('cuts a run that does not, says so in the history, and runs it again elsewhere if it may', async () => {
    const runs: WorkerRun[] = [];
    let isPatient = true;
    const wait = async (run: WorkerRun) => {
      runs.push(run);
      if (isPatient) await sleep(60_000, undefined, { signal: run.signal });
    };

    @Injectable()
    class Tasks {
      @ClusteredInterval(100, { name: 'rerun', onCrash: 'rerun', maxAttempts: 1 }) rerun(run: WorkerRun) {
        return wait(run);
      }
      @ClusteredInterval(100, { name: 'skip', onCrash: 'skip' }) skip(run: WorkerRun) {
        return wait(run);
      }
    }
    const app = await cluster.start({ providers: [Tasks], drainMs: 300 });
    await vi.waitFor(() => expect(runs).toHaveLength(2), SLOW);
    await app.close();
    expect(runs.every(({ signal }) => signal.reason instanceof RunStoppedError)).toBe(true);
    isPatient = false;
    const workers = service(await cluster.start({ providers: [Tasks] }));
    await vi.waitFor(() => expect(runs.filter(({ attempt }) => attempt === 2)).toHaveLength(1), SLOW);
    const again = runs.find(({ attempt }) => attempt === 2)!;
    const cut = runs.find(({ name }) => name === 'rerun')!;
    expect(again.scheduledAt).toEqual(cut.scheduledAt);
    expect(again.fencingToken).toBeGreaterThan(cut.fencingToken);
    const statuses = async (name: string) => (await workers.history(name)).map(({ status }) => status);
    expect(await statuses('rerun')).toContain('cut');
    expect(await statuses('skip')).toContain('cut');
  });

  it('takes part in the phases of ClusterModule: intake stops the claims, work waits for the runs', async () => {
    const phases = new Map<DrainPhase, (budget: AbortSignal) => Promise<void>>();
    const registry: DrainRegistry = { register: (phase, _name, run) => void phases.set(phase, run) };
    const provider = { provide: DRAIN, useValue: registry };
    let starts = 0;
    let ends = 0;

    @Injectable()
    class Tasks {
      @ClusteredInterval(100, { name: 'task', overlap: 'allow' }) async task() {
        starts++;
        await sleep(500);
        ends++;
      }
    }
    const drain = { module: class Drain {}, global: true, providers: [provider], exports: [provider] };
    await cluster.start({ imports: [drain], providers: [Tasks] });
    await vi.waitFor(() => expect(starts).toBeGreaterThan(2), SLOW);
    await phases.get('intake')!(AbortSignal.timeout(5_000));
    const started = starts;
    expect(ends).toBeLessThan(started);
    await phases.get('work')!(AbortSignal.timeout(20_000));
    expect(ends).toBe(started);
    await sleep(300);
    expect(starts).toBe(started);
  });
});
