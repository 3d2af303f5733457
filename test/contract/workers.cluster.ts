import { randomUUID } from 'node:crypto';
import type { Provider, Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { memory, type Backend } from '@rookery/core';
import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { WorkersModule, WorkersService, type WorkersModuleOptions } from '@rookery/workers';
import { postgresUrl, redisUrl } from '../services.js';

/** What a replica of a test is made of. */
export interface ReplicaOptions extends Omit<WorkersModuleOptions, 'backend'> {
  providers?: Provider[];
  imports?: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>;
}

/** Apps in this process that share one store, as replicas would. */
export class TestCluster {
  private readonly apps: TestingModule[] = [];

  constructor(private readonly backend: () => Backend) {}

  async start({ providers = [], imports = [], ...options }: ReplicaOptions = {}): Promise<TestingModule> {
    const workers = WorkersModule.forRoot({ backend: this.backend(), leaseMs: 1_500, drainMs: 2_000, ...options });
    const app = await Test.createTestingModule({ imports: [workers, ...imports], providers }).compile();
    app.useLogger(false);
    await app.init();
    this.apps.push(app);
    return app;
  }

  /** Three replicas with the same code. */
  async startThree(task: Type<unknown>): Promise<TestingModule[]> {
    return Promise.all([1, 2, 3].map(() => this.start({ providers: [task] })));
  }

  async stop(): Promise<void> {
    await Promise.all(this.apps.splice(0).map((app) => app.close()));
  }
}

export const service = (app: TestingModule): WorkersService => app.get(WorkersService);

/** The three backends; each call of `cluster` is a store of its own. */
export const BACKENDS: readonly (readonly [kind: string, cluster: () => TestCluster])[] = [
  ['memory', () => sharing(memory())],
  ['redis', () => perReplica((namespace) => redis({ url: redisUrl(), namespace }))],
  ['postgres', () => perReplica((namespace) => postgres({ url: postgresUrl(), namespace, poolSize: 4 }))],
];

const sharing = (backend: Backend) => new TestCluster(() => backend);

function perReplica(create: (namespace: string) => Backend): TestCluster {
  const namespace = `workers-${randomUUID()}`;
  return new TestCluster(() => create(namespace));
}
