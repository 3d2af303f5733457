import { Injectable, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BlobContainers } from '@rookery/blob';
import { ClusterCache } from '@rookery/cache';
import { ClusterModule, ClusterService, Doctor, useCluster, type ClusterModuleOptions } from '@rookery/cluster';
import { BACKEND, ReplicaIdentity, type Backend, type BackendKind } from '@rookery/core';
import { JobHandler, JobsService, type Job } from '@rookery/jobs';
import { LockService } from '@rookery/lock';
import { RealtimeService } from '@rookery/realtime';
import { WorkersService } from '@rookery/workers';
import { describe, expect, it } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { LOCK_ONLY } from './cluster.examination.js';

const PARTS = [LockService, ClusterCache, BlobContainers, JobsService, WorkersService, RealtimeService];

@JobHandler('parts.where')
class Where implements Job<null, readonly string[]> {
  constructor(private readonly cluster: ClusterService) {}

  async run() {
    return this.cluster.self.roles;
  }
}

async function start(cluster: ReturnType<typeof ClusterModule.forRoot>, providers: Provider[] = []) {
  @Module({ imports: [cluster], providers })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  useCluster(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

describe.each<BackendKind>(['memory', 'redis', 'postgres'])('all modules on %s', (kind) => {
  it('start, share one backend and one identity, and stop', async () => {
    const backend = backendsOf(kind)(freshNamespace());
    const app = await start(ClusterModule.forRoot({ backend }));
    for (const part of PARTS) expect(app.get(part, { strict: false })).toBeInstanceOf(part);
    expect(app.get<Backend>(BACKEND)).toBe(backend);
    expect(app.get(ClusterService).self.id).toBe(app.get(ReplicaIdentity).id);
    expect(await app.get(LockService).using('a', async (lock) => lock.key)).toBe('a');
    await app.get(ClusterCache).set('a', 1);
    expect(await app.get(ClusterCache).get('a')).toBe(1);
    const { providers, findings } = await app.get(Doctor).examine();
    expect(providers).toMatchObject({ lock: kind, jobs: kind });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    const { clean, steps } = await app.get(ClusterService).drain();
    expect(clean, JSON.stringify(steps)).toBe(true);
  });
});

describe('composing', () => {
  it('leaves out what is false', async () => {
    const app = await start(ClusterModule.forRoot({ ...LOCK_ONLY, lock: { waitMs: 5 } }));
    expect(app.get(LockService)).toBeInstanceOf(LockService);
    for (const left of PARTS.slice(1)) expect(() => app.get(left, { strict: false })).toThrow();
    await app.close();
  });

  it('says which provider needs a module that was left out', async () => {
    @Injectable()
    class Billing {
      constructor(readonly locks: LockService) {}
    }
    @Module({ imports: [ClusterModule.forRoot({ ...LOCK_ONLY, lock: false })], providers: [Billing] })
    class AppModule {}
    const boot = NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await expect(boot).rejects.toThrow(/dependencies of the Billing.*LockService/);
  });

  it('lets a replica do what its roles say, and nothing else', async () => {
    const backend = backendsOf('memory')(freshNamespace());
    const parts = { ...LOCK_ONLY, lock: false, jobs: {} } as const;
    const web = await start(ClusterModule.forRoot({ ...parts, backend, roles: ['web'] }), [Where]);
    const job = await web.get(JobsService).enqueue(Where, null);
    const jobs = await start(ClusterModule.forRoot({ ...parts, backend, roles: ['jobs'] }), [Where]);
    expect(await job.waitUntilDone({ timeoutMs: 20_000 })).toEqual(jobs.get(ClusterService).self.roles);
    await Promise.all([web.close(), jobs.close()]);
  });

  it('takes options from a factory', async () => {
    const backend = backendsOf('memory')('made-by-a-factory');
    const options: ClusterModuleOptions = { backend, roles: ['web'], version: '3.0.0' };
    const app = await start(ClusterModule.forRootAsync({ ...LOCK_ONLY, useFactory: async () => options }));
    expect(app.get(ClusterService).self).toMatchObject({ roles: ['web'], version: '3.0.0' });
    expect(app.get<Backend>(BACKEND).namespace).toBe('made-by-a-factory');
    await app.close();
  });

  it('refuses to be used without the module, in one paragraph', async () => {
    const app = await NestFactory.create(class AppModule {}, { logger: false, abortOnError: false });
    expect(() => useCluster(app)).toThrow('useCluster(app) was given an app without ClusterModule.');
    await app.close();
  });
});
