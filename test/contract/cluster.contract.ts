import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { LOCK_ONLY } from './cluster.examination.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClusterModule, ClusterService, useCluster, type ClusterModuleOptions } from '@rookery/cluster';
import type { Backend } from '@rookery/core';

@Controller()
class HelloController {
  @Get()
  hello() {
    return 'hello';
  }
}

/** What a started app is, to the tests. */
interface Started {
  cluster: ClusterService;
  url: string;
  close: () => Promise<void>;
}

/** What an app with ClusterModule does on any backend. */
export function clusterContract(name: string, { backend }: { backend: () => Backend }): void {
  describe(`ClusterModule: ${name}`, () => {
    const started: Started[] = [];
    const start = async (options: ClusterModuleOptions) => {
      const app = await startApp(options);
      started.push(app);
      return app;
    };
    afterEach(async () => {
      await Promise.all(started.splice(0).map((app) => app.close()));
    });

    it('shows the replicas to each other, and who came and went', async () => {
      const store = backend();
      const first = await start({ backend: store, roles: ['web'], version: '1.2.3' });
      const events: string[] = [];
      first.cluster.onJoin(({ id }) => events.push(`join ${id}`));
      first.cluster.onLeave(({ id }) => events.push(`leave ${id}`));
      expect(await first.cluster.replicas()).toMatchObject([{ roles: ['web'], version: '1.2.3', state: 'ready' }]);

      const second = await start({ backend: store, roles: ['jobs', 'workers'] });
      const { id } = second.cluster.self;
      await vi.waitFor(() => expect(events).toEqual([`join ${id}`]), 20_000);
      expect(await second.cluster.replicas()).toHaveLength(2);
      expect(first.cluster.knownReplicas).toHaveLength(2);

      await second.close();
      await vi.waitFor(() => expect(events).toEqual([`join ${id}`, `leave ${id}`]), 20_000);
      expect(await first.cluster.replicas()).toHaveLength(1);
    });

    it('is alive and ready', async () => {
      const { url } = await start({ backend: backend() });
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      const ready = await fetch(`${url}/health/ready`);
      expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
      expect(await (await fetch(url)).text()).toBe('hello');
    });

    it('says that it drains, to the others too, and closes', async () => {
      const store = backend();
      const [leaving, staying] = [await start({ backend: store }), await start({ backend: store })];
      const report = await leaving.cluster.drain();
      expect(report.steps.filter(({ outcome }) => outcome !== 'finished')).toEqual([]);
      await expect(fetch(leaving.url)).rejects.toThrow();
      await vi.waitFor(() => expect(staying.cluster.knownReplicas).toHaveLength(1), 20_000);
    });
  });
}

async function startApp(options: ClusterModuleOptions): Promise<Started> {
  @Module({ imports: [ClusterModule.forRoot({ ...LOCK_ONLY, ...options })], controllers: [HelloController] })
  class AppModule {}
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ['error'], abortOnError: false });
  useCluster(app);
  await app.listen(0, '127.0.0.1');
  return { cluster: app.get(ClusterService), url: await app.getUrl(), close: () => app.close() };
}
