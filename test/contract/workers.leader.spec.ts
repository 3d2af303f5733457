import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import {
  ClusteredWorker,
  LeaderElection,
  OnDemoted,
  OnElected,
  RunStoppedError,
  type WorkerRun,
} from '@rookery/workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BACKENDS, service, type TestCluster } from './workers.cluster.js';

const SLOW = { timeout: 30_000, interval: 50 };

describe.each(BACKENDS)('workers and leaders on %s', (_kind, create) => {
  let cluster: TestCluster;
  beforeEach(() => void (cluster = create()));
  afterEach(() => cluster.stop());

  it('keeps a worker on exactly one replica, moves it when that one leaves, and stops it while paused', async () => {
    const alive = new Set<object>();
    const reasons: unknown[] = [];
    let most = 0;

    @Injectable()
    class Tasks {
      @ClusteredWorker({ name: 'feed' }) async feed(signal: AbortSignal) {
        alive.add(this);
        most = Math.max(most, alive.size);
        while (!signal.aborted) await sleep(20);
        reasons.push(signal.reason);
        alive.delete(this);
      }
    }
    const apps = await cluster.startThree(Tasks);
    await vi.waitFor(() => expect(alive.size).toBe(1), SLOW);
    await service(apps[0]).pause('feed');
    await vi.waitFor(() => expect(alive.size).toBe(0), SLOW);
    await service(apps[0]).resume('feed');
    for (let left = 3; left > 0; left--) {
      await vi.waitFor(() => expect(alive.size).toBe(1), SLOW);
      const owner = apps.find((app) => alive.has(app.get(Tasks)))!;
      await owner.close();
      apps.splice(apps.indexOf(owner), 1);
    }
    expect(most).toBe(1);
    expect(reasons).toHaveLength(4);
    expect(reasons.every((why) => why instanceof RunStoppedError)).toBe(true);
  });

  it('starts a worker again that ended or failed', async () => {
    let starts = 0;

    @Injectable()
    class Tasks {
      @ClusteredWorker({ name: 'feed' }) async feed() {
        if (++starts === 1) throw new Error('no connection');
      }
    }
    const [app] = await cluster.startThree(Tasks);
    await vi.waitFor(() => expect(starts).toBeGreaterThan(2), SLOW);
    const failed = (await service(app).history('feed')).filter(({ status }) => status === 'failed');
    expect(failed).toMatchObject([{ error: 'Error: no connection' }]);
  });

  it('elects one leader, tells it, and elects another when it leaves', async () => {
    const told: { what: 'elected' | 'demoted'; who: object; token: number }[] = [];

    @Injectable()
    class Listener {
      @OnElected() elected({ fencingToken }: WorkerRun) {
        told.push({ what: 'elected', who: this, token: fencingToken });
      }
      @OnElected() broken() {
        throw new Error('a listener that fails');
      }
      @OnDemoted() async demoted({ fencingToken }: WorkerRun) {
        told.push({ what: 'demoted', who: this, token: fencingToken });
      }
    }
    const apps = await cluster.startThree(Listener);
    const leaders = () => apps.filter((app) => app.get(LeaderElection).isLeader);
    await vi.waitFor(() => expect(leaders()).toHaveLength(1), SLOW);
    const [first] = leaders();
    expect(first.get(LeaderElection).fencingToken).toBe(told[0].token);
    expect((await service(first).list()).find(({ name }) => name === '@leader')?.runs).toHaveLength(1);

    await first.close();
    expect(first.get(LeaderElection).isLeader).toBe(false);
    await vi.waitFor(() => expect(leaders()).toHaveLength(1), SLOW);
    await vi.waitFor(() => expect(told).toHaveLength(3), SLOW);
    expect(told.map(({ what }) => what)).toEqual(['elected', 'demoted', 'elected']);
    expect(told[1].who).toBe(told[0].who);
    expect(told[2].token).toBeGreaterThan(told[0].token);
    expect(leaders()[0].get(LeaderElection).fencingToken).toBe(told[2].token);
  });
});
