import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ClusterHealth, ClusterModule, ClusterService, DrainCoordinator, useCluster } from '@rookery/cluster';
import { BACKEND, type Backend } from '@rookery/core';
import { redis } from '@rookery/core/redis';
import { startRedis, type StoreHandle } from '@rookery/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freshNamespace } from '../backends.js';

@Controller()
class HealthController {
  constructor(
    private readonly terminus: HealthCheckService,
    private readonly cluster: ClusterHealth,
  ) {}

  @Get('terminus')
  @HealthCheck()
  check() {
    const { cluster } = this;
    return this.terminus.check([
      () => cluster.backend(),
      () => cluster.bus(),
      () => cluster.clock(),
      () => cluster.drain(),
      () => cluster.jobs(),
      () => cluster.workers('schedule'),
      () => cluster.cache(),
      () => cluster.realtime(),
    ]);
  }
}

describe('health', () => {
  const stores: StoreHandle[] = [];
  const apps: NestExpressApplication[] = [];
  const start = async (url: string) => {
    const cluster = ClusterModule.forRoot({
      backend: redis({ url, namespace: freshNamespace() }),
      jobs: {},
      workers: {},
      cache: {},
      realtime: {},
    });
    @Module({ imports: [cluster, TerminusModule.forRoot({ logger: false })], controllers: [HealthController] })
    class AppModule {}
    const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: false, abortOnError: false });
    useCluster(app);
    apps.push(app);
    app.setGlobalPrefix('api');
    await app.listen(0, '127.0.0.1');
    return { app, url: await app.getUrl() };
  };
  const privateRedis = async () => {
    const store = await startRedis();
    stores.push(store);
    return store;
  };
  const ask = async (url: string) => {
    const answer = await fetch(url);
    return { status: answer.status, body: (await answer.json()) as { status: string; details?: unknown } };
  };

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await Promise.all(stores.splice(0).map((store) => store.stop()));
  });

  it('shows every concern to terminus', async () => {
    const { url } = await start((await privateRedis()).url);
    await vi.waitFor(async () => expect(await ask(`${url}/api/terminus`)).toMatchObject({ status: 200 }), 10_000);
    expect((await ask(`${url}/api/terminus`)).body).toMatchObject({
      status: 'ok',
      details: {
        backend: { status: 'up', kind: 'redis' },
        bus: { status: 'up' },
        clock: { status: 'up' },
        drain: { status: 'up' },
        jobs: { status: 'up', late: [] },
        schedule: { status: 'up', late: [] },
        cache: { status: 'up' },
        realtime: { status: 'up' },
      },
    });
  });

  it('is not ready, but alive, while the store is frozen, and ready again after it', async () => {
    const store = await privateRedis();
    const { url, app } = await start(store.url);
    await store.pause();
    expect(await ask(`${url}/health/live`)).toMatchObject({ status: 200 });
    expect(await ask(`${url}/health/ready`)).toMatchObject({ status: 503, body: { status: 'unavailable' } });
    expect(await app.get(ClusterHealth).backend('store', { timeoutMs: 50 })).toMatchObject({
      store: { status: 'down' },
    });
    await store.resume();
    await vi.waitFor(async () => expect(await ask(`${url}/health/ready`)).toMatchObject({ status: 200 }), 20_000);
  });

  it('answers though a check never does', async () => {
    const { url, app } = await start((await privateRedis()).url);
    const backend = app.get<Backend>(BACKEND);
    backend.now = () => new Promise(() => undefined);
    expect(await ask(`${url}/health/ready`)).toMatchObject({ status: 503, body: { status: 'unavailable' } });
    expect(await app.get(ClusterHealth).backend()).toMatchObject({ backend: { status: 'down' } });
    expect((await ask(`${url}/api/terminus`)).status).toBe(503);
  });

  it('is not ready from the instant the drain begins, whatever the hooks do', async () => {
    const { url, app } = await start((await privateRedis()).url);
    let release: () => void = () => undefined;
    app.get(DrainCoordinator).register('intake', 'slow', () => new Promise((resolve) => (release = resolve)));
    const drained = app.get(ClusterService).drain();
    expect(await ask(`${url}/health/ready`)).toEqual({ status: 503, body: { status: 'draining' } });
    expect(await app.get(ClusterHealth).drain()).toEqual({ drain: { status: 'down' } });
    release();
    await drained;
  });
});
