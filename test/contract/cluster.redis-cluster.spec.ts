import { registryDriverContract } from '@rookery/cluster/testing';
import { redis } from '@rookery/core/redis';
import { jobsContract } from '@rookery/jobs/testing';
import { lockDriverContract } from '@rookery/lock/testing';
import { realtimeDriverContract } from '@rookery/realtime/testing';
import { RedisWorkersDriver } from '@rookery/workers/redis';
import { describeWorkersDriver } from '@rookery/workers/testing';
import { afterAll } from 'vitest';
import { lockDriverFor } from '../../libs/lock/src/lock.drivers.js';
import { realtimeDriverFor } from '../../libs/realtime/src/realtime.drivers.js';
import { freshNamespace } from '../backends.js';
import { clusterContract } from './cluster.contract.js';
import { busContract } from './core.bus.contract.js';
import { startRedisCluster } from './cluster.redis-topologies.js';

/** The contracts of the modules once more, on a real Redis Cluster of three masters and three replicas. */
const cluster = await startRedisCluster(3);
afterAll(() => cluster.stop());

const on = (namespace: string) => redis({ cluster: { nodes: cluster.nodes }, namespace });
const fresh = () => on(freshNamespace());
const shared = freshNamespace();

busContract('Redis Cluster', { backend: on });
registryDriverContract('Redis Cluster', { backend: fresh });
clusterContract('Redis Cluster', { backend: fresh });
lockDriverContract('Redis Cluster', { create: () => lockDriverFor(on(shared)) });
describeWorkersDriver(
  'Redis Cluster',
  (application, historySize) => new RedisWorkersDriver(on(shared), { application, historySize }),
);
realtimeDriverContract('Redis Cluster', {
  create: (limits) => realtimeDriverFor(on(shared), limits),
  backend: () => on(shared),
});
jobsContract('Redis Cluster', { backend: () => on(shared) });
