import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Cluster } from './cluster.js';
import type { ClusterOptions } from './cluster.options.js';
import { startCluster } from './start-cluster.js';

const entry = new URL('../../fixtures/app.mjs', import.meta.url);

async function start(options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  const cluster = await startCluster({ entry, backend: 'memory', ...options });
  onTestFinished(() => cluster.stop());
  return cluster;
}

const text = async (url: string, init?: RequestInit) => (await fetch(url, init)).text();
const env = async (url: string) => JSON.parse(await text(`${url}/env`)) as Record<string, string>;

/** Who answers the next so many requests, one after the other. */
async function answers(cluster: Cluster, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await text(cluster.url));
  return ids;
}

async function openWebSocket(cluster: Cluster): Promise<Socket> {
  const socket = connect(Number(new URL(cluster.url).port), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 101/);
  return socket;
}

it('a sticky load balancer keeps a client on one replica, as long as that one is there', async () => {
  const cluster = await start({ sticky: true });
  const visit = async (cookie?: string) => {
    const response = await fetch(cluster.url, { headers: cookie ? { cookie } : {} });
    const given = response.headers.get('set-cookie')?.split(';')[0];
    return { home: await response.text(), cookie: given ?? cookie };
  };
  const { home, cookie } = await visit();
  for (let i = 0; i < 6; i++) expect(await visit(cookie)).toEqual({ home, cookie });
  expect(new Set(await answers(cluster, 3)).size).toBe(3);
  await cluster.kill(Number(home.at(-1)) - 1);
  const moved = await visit(cookie);
  expect(moved.home).not.toBe(home);
  for (let i = 0; i < 3; i++) expect(await visit(moved.cookie)).toEqual(moved);
});

describe('three replicas', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ entry, backend: 'memory' });
  });
  afterAll(() => cluster.stop());

  it('answer in turn', async () => {
    const ids = await answers(cluster, 6);
    expect(ids.slice(0, 3)).toEqual(ids.slice(3));
    expect([...new Set(ids)].sort()).toEqual(['replica-1', 'replica-2', 'replica-3']);
  });

  it('take bodies and WebSockets through the load balancer', async () => {
    const body = 'x'.repeat(3_000_000);
    expect(await text(`${cluster.url}/echo`, { method: 'POST', body })).toBe(body);
    const socket = await openWebSocket(cluster);
    socket.write('hello');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^replica-\d:hello$/);
    socket.destroy();
  });

  it('lose one to SIGKILL without a failed request, and have it back after start', async () => {
    await cluster.kill(0);
    expect(cluster.replicas[0]?.pid).toBeUndefined();
    expect(await answers(cluster, 6)).not.toContain('replica-1');
    await cluster.start(0);
    await vi.waitFor(async () => expect(await answers(cluster, 3)).toContain('replica-1'), 10_000);
    expect(cluster.logs(0).match(/replica-1 listens/g)).toHaveLength(2);
  });

  it('answer around a paused one, which comes back', async () => {
    await cluster.pause(1);
    await expect(text(cluster.replicas[1]!.url, { signal: AbortSignal.timeout(300) })).rejects.toThrow('timeout');
    const inTime = () => text(cluster.url, { signal: AbortSignal.timeout(1_000) });
    await vi.waitFor(
      async () => expect((await Promise.all([inTime(), inTime(), inTime()])).sort()).not.toContain('replica-2'),
      20_000,
    );
    await cluster.resume(1);
    await vi.waitFor(async () => expect(await answers(cluster, 3)).toContain('replica-2'), 10_000);
  });

  it('get SIGTERM on restart, and answer what they had begun', async () => {
    const slow = Array.from({ length: 3 }, () => text(`${cluster.url}/slow`));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await cluster.restart(2)).toEqual({ code: 0, signal: null, forced: false });
    expect((await Promise.all(slow)).sort()).toEqual(['replica-1', 'replica-2', 'replica-3']);
    expect(cluster.logs(2)).toContain('asked to end');
  });

  it('lose no request, not even a POST, while they are restarted one by one', async () => {
    let going = true;
    let count = 0;
    const load = Array.from({ length: 4 }, async () => {
      for (; going; count++) {
        const response = await fetch(`${cluster.url}/echo`, { method: 'POST', body: String(count) });
        expect([response.status, await response.text()]).toEqual([200, expect.stringMatching(/^\d+$/)]);
      }
    });
    for (const index of [0, 1, 2]) await cluster.restart(index);
    going = false;
    await Promise.all(load);
    expect(count).toBeGreaterThan(50);
  });

  it('get no requests while they say they are not ready', async () => {
    await text(`${cluster.replicas[0]!.url}/unready`);
    await vi.waitFor(async () => expect(await answers(cluster, 6)).not.toContain('replica-1'), 10_000);
    await cluster.restart(0);
    await vi.waitFor(async () => expect(await answers(cluster, 3)).toContain('replica-1'), 10_000);
  });

  it('break the WebSocket of a killed replica, so that the client can go elsewhere', async () => {
    const socket = await openWebSocket(cluster);
    socket.write('who');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const index = Number(answer.toString().match(/replica-(\d)/)![1]) - 1;
    const closed = once(socket, 'close');
    await cluster.kill(index);
    await closed;
    (await openWebSocket(cluster)).destroy();
    await cluster.start(index);
  });

  it('repeat a GET whose replica died in it, but not a POST', async () => {
    const post = await fetch(`${cluster.url}/die`, { method: 'POST', body: 'x' });
    expect(post.status).toBe(502);
    await vi.waitFor(() => expect(cluster.replicas.filter(({ pid }) => pid === undefined)).toHaveLength(1), 5_000);
    await cluster.startAll();
    expect((await fetch(`${cluster.url}/die`)).status).toBe(503); // all three died of it, one after the other
    await cluster.startAll();
  });

  it('say which replica does not exist', async () => {
    await expect(cluster.kill(7)).rejects.toThrow('There is no replica 7: they are counted from 0 to 2.');
  });
});

describe('what a replica is told', () => {
  it('is its port, name, backend and stores, and nothing of ours', async () => {
    vi.stubEnv('ROOKERY_NAMESPACE', 'mine');
    const cluster = await start({ backend: 'redis', replicas: 1, env: { GREETING: 'hi' } });
    vi.unstubAllEnvs();
    expect(await env(cluster.url)).toMatchObject({
      ROOKERY_BACKEND: 'redis',
      ROOKERY_REPLICA_ID: 'replica-1',
      REDIS_URL: cluster.redis!.url,
      DATABASE_URL: cluster.postgres!.url,
      GREETING: 'hi',
    });
    expect(await env(cluster.url)).not.toHaveProperty('ROOKERY_NAMESPACE');
    expect(await env(cluster.url)).not.toHaveProperty('VITEST');
  });

  it('includes its roles; only those with "web" get requests', async () => {
    const cluster = await start({ replicas: 2, roles: (index) => (index === 0 ? ['web'] : ['jobs', 'workers']) });
    expect(await answers(cluster, 4)).toEqual(Array(4).fill('replica-1'));
    expect((await env(cluster.replicas[1]!.url)).ROOKERY_ROLES).toBe('jobs,workers');
  });

  it('can be a clock that is off', async () => {
    const cluster = await start({ replicas: 2, clockSkewMs: { 1: 300_000 } });
    const [right, wrong] = await Promise.all(cluster.replicas.map(async ({ url }) => Number((await env(url)).now)));
    expect(Math.round((wrong! - right!) / 60_000)).toBe(5);
  });
});

describe('a cluster that cannot start', () => {
  it('says what the replica printed', async () => {
    const failing = startCluster({ entry, backend: 'memory', env: { FAIL: 'no luck today' } });
    await expect(failing).rejects.toThrow(/replica-\d ended with exit code 1\. It printed:[^]*no luck today/);
  });

  it('says when a replica never gets ready', async () => {
    const late = startCluster({ entry, backend: 'memory', replicas: 1, readyPath: '/no', readyTimeoutMs: 500 });
    await expect(late).rejects.toThrow('replica-1 did not answer 200 at /no within 500 ms');
  });

  it('says which port is taken', async () => {
    const cluster = await start({ replicas: 1 });
    const port = Number(new URL(cluster.url).port);
    await expect(startCluster({ entry, backend: 'memory', replicas: 1, port })).rejects.toThrow(`Port ${port} `);
  });
});

it('ends a replica that ignores SIGTERM', async () => {
  const cluster = await start({ replicas: 1, env: { STUBBORN: '1' }, stopGraceMs: 200 });
  expect(await cluster.terminate(0)).toEqual({ code: null, signal: 'SIGKILL', forced: true });
});
