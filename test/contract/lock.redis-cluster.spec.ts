import { redis } from '@rookery/core/redis';
import { RedisLockDriver } from '@rookery/lock/redis';
import { lockDriverContract } from '@rookery/lock/testing';
import { startRedis, type StoreHandle } from '@rookery/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { freePort } from '../../libs/testing/src/processes/free-port.js';
import { freshNamespace } from '../backends.js';

let server: StoreHandle;
beforeAll(async () => {
  // One server that has all slots refuses scripts over several slots as a whole cluster does.
  const settings = { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' };
  // Its bus would listen 10,000 above its port, where somebody else may be.
  server = await startRedis({ settings: { ...settings, 'cluster-port': String(await freePort()) } });
  const client = new Redis(server.url);
  await client.cluster('ADDSLOTSRANGE', 0, 16_383);
  await vi.waitFor(async () => expect(await client.cluster('INFO')).toContain('cluster_state:ok'), { timeout: 30_000 });
  client.disconnect();
});
afterAll(() => server?.stop());

const namespace = freshNamespace();

lockDriverContract('a Redis Cluster', {
  create: () => {
    const nodes = [{ host: '127.0.0.1', port: server.port }];
    return new RedisLockDriver(redis({ cluster: { nodes }, namespace }));
  },
});
