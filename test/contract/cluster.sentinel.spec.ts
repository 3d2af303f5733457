import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClusterModule, ClusterService, useCluster } from '@rookery/cluster';
import { redis } from '@rookery/core/redis';
import { JobHandler, JobsService, type Job } from '@rookery/jobs';
import { LockService } from '@rookery/lock';
import { ClusteredInterval, type WorkerRun } from '@rookery/workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { freshNamespace } from '../backends.js';
import { startSentinels, type SentinelHandle } from './cluster.redis-topologies.js';

const PATIENCE = { timeout: 60_000, interval: 100 };

@JobHandler('sentinel.echo')
class Echo implements Job<{ text: string }, string> {
  async run({ text }: { text: string }) {
    return text;
  }
}

class Ticker {
  tokens: number[] = [];

  @ClusteredInterval(500, { name: 'tick' })
  async tick(run: WorkerRun) {
    this.tokens.push(run.fencingToken);
  }
}

describe('a failover of Redis Sentinel', () => {
  let sentinels: SentinelHandle;
  let app: NestExpressApplication;

  beforeAll(async () => {
    sentinels = await startSentinels();
    const options = { sentinels: sentinels.sentinels, name: sentinels.name };
    const backend = redis({ options, namespace: freshNamespace() });
    @Module({ imports: [ClusterModule.forRoot({ backend })], providers: [Echo, Ticker] })
    class AppModule {}
    app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: false, abortOnError: false });
    useCluster(app);
    await app.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    await app?.close();
    await sentinels?.stop();
  });

  it('leaves every module working, with fencing tokens that still only grow', async () => {
    const locks = app.get(LockService);
    const url = await app.getUrl();
    const before = await locks.using('account', async (lock) => lock.fencingToken);
    await vi.waitFor(() => expect(app.get(Ticker).tokens.length).toBeGreaterThan(1), PATIENCE);

    await sentinels.master.kill();
    await vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(503), PATIENCE);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);

    await vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200), PATIENCE);
    const after = await vi.waitFor(() => locks.using('account', async (lock) => lock.fencingToken), PATIENCE);
    expect(after).toBeGreaterThan(before);
    const job = await vi.waitFor(() => app.get(JobsService).enqueue(Echo, { text: 'still here' }), PATIENCE);
    expect(await job.waitUntilDone({ timeoutMs: 60_000 })).toBe('still here');
    const ticks = app.get(Ticker).tokens.length;
    await vi.waitFor(() => expect(app.get(Ticker).tokens.length).toBeGreaterThan(ticks + 1), PATIENCE);
    expect(app.get(Ticker).tokens).toEqual(app.get(Ticker).tokens.toSorted((a, b) => a - b));
    await vi.waitFor(async () => expect(await app.get(ClusterService).replicas()).toHaveLength(1), PATIENCE);
  });
});
