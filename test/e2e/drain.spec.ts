import { startCluster, type Cluster, type ClusterOptions } from '@rookery/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';

const entry = new URL('drain.app.mjs', import.meta.url);
/** Wide enough that a busy machine meets them when nothing is stuck. */
const BUDGETS = { loadBalancerMs: 500 };

describe('leaving the cluster', () => {
  let cluster: Cluster | undefined;
  const start = async (env: Record<string, string>, budgets: object = {}, options: Partial<ClusterOptions> = {}) => {
    const environment = { ...env, BUDGETS: JSON.stringify({ ...BUDGETS, ...budgets }) };
    return (cluster = await startCluster({ entry, replicas: 1, backend: 'memory', env: environment, ...options }));
  };
  const waitForLog = (text: string) =>
    vi.waitFor(() => expect(cluster!.logs(0)).toContain(text), { timeout: 30_000, interval: 10 });

  afterEach(async () => {
    await cluster?.stop();
    cluster = undefined;
  });

  it('answers what is under way, says how it went and ends with code 0', async () => {
    const { replicas, terminate, logs } = bound(await start({}));
    const slow = fetch(`${replicas[0].url}/slow`);
    await waitForLog('slow request came');
    expect(await terminate(0)).toMatchObject({ code: 0, forced: false });
    expect(await (await slow).text()).toBe('slow but answered');
    expect(logs(0)).toMatch(/Left the cluster after SIGTERM, drained in \d+ ms: \d+ parts finished, 0 did not\./);
    expect(logs(0).indexOf('user hook runs')).toBeLessThan(logs(0).indexOf('last word'));
  });

  it('does the same at Ctrl-C', async () => {
    const { replicas, logs } = bound(await start({}));
    const slow = fetch(`${replicas[0].url}/slow`);
    await waitForLog('slow request came');
    process.kill(replicas[0].pid!, 'SIGINT');
    expect(await (await slow).text()).toBe('slow but answered');
    await waitForLog('Left the cluster after SIGINT');
    expect(logs(0)).toContain('0 did not.');
  });

  it('is not ready but alive and serving while load balancers notice', async () => {
    const { replicas, terminate } = bound(await start({}, { loadBalancerMs: 4_000 }));
    const { url } = replicas[0];
    const ended = terminate(0);
    await vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(503), 20_000);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    expect(await ended).toMatchObject({ code: 0 });
  });

  it('does all that also when the app enabled the shutdown hooks of Nest', async () => {
    const { replicas, terminate, logs } = bound(await start({ HARD: 'nest' }));
    const slow = fetch(`${replicas[0].url}/slow`);
    await waitForLog('slow request came');
    expect(await terminate(0)).toMatchObject({ code: 0 });
    expect(await (await slow).text()).toBe('slow but answered');
    expect(logs(0)).toContain('last word');
  });

  it('gives up on what never ends, names it, and is gone before the grace period', async () => {
    const budgets = { intakeMs: 200, socketsMs: 200, requestsMs: 200, workMs: 200, connectionsMs: 500 };
    const { replicas, terminate, logs } = bound(await start({ HARD: 'hook,work,blocked' }, budgets));
    void fetch(`${replicas[0].url}/stuck`).catch(() => undefined);
    await waitForLog('stuck request came');
    expect(await terminate(0)).toMatchObject({ code: 1, forced: false });
    for (const line of [
      'sockets: "throws" failed after',
      '(user bug)',
      'requests: "HTTP" cut after',
      '(1 requests were under way)',
      'work: "never settles" cut after',
      'connections: "shutdown hooks" cut after',
    ])
      expect(logs(0)).toContain(line);
  });

  it('ends at the hard deadline whatever the budgets say', async () => {
    const { terminate, logs } = bound(await start({ HARD: 'work' }, { graceMs: 1_500, workMs: 60_000 }));
    expect(await terminate(0)).toMatchObject({ code: 1, forced: false });
    expect(logs(0)).toContain('ended by the end of the grace period after');
  });

  it('ends at once at a second signal', async () => {
    const { replicas, terminate, logs } = bound(await start({ HARD: 'work' }, { graceMs: 120_000, workMs: 100_000 }));
    const ended = terminate(0);
    await waitForLog('is leaving');
    process.kill(replicas[0].pid!, 'SIGTERM');
    expect(await ended).toMatchObject({ code: 1, forced: false });
    expect(logs(0)).toContain('ended by a second SIGTERM after');
  });
});

/** The same cluster with functions that need no `this`. */
function bound(cluster: Cluster) {
  return {
    replicas: cluster.replicas,
    terminate: (index: number) => cluster.terminate(index),
    logs: (index: number) => cluster.logs(index),
  };
}
