import { redis } from '@rookery/core/redis';
import { afterEach, describe, expect, it } from 'vitest';
import { freshNamespace } from '../backends.js';
import { startSentinels, type SentinelHandle } from '../contract/cluster.redis-topologies.js';
import { EveryModule } from './fixtures/every-module.js';
import { recoveryFrom } from './fixtures/recovery.js';
import { scenario } from './report.js';

describe('a failover of Redis Sentinel under load', () => {
  let sentinels: SentinelHandle | undefined;
  let app: EveryModule | undefined;
  afterEach(async () => {
    await app?.stop();
    await sentinels?.stop();
  });

  it('leaves every module working, with fencing tokens that only grow', { timeout: 300_000 }, async () => {
    const fault = 'the master killed while all modules are in use; a replica is promoted';
    const must = 'every module works again within 5 s, and no fencing token is as low as one before it';
    const row = scenario({ id: 'sentinel-failover', backend: 'redis', fault, must, withinMs: 5_000 });
    sentinels = await startSentinels();
    const options = { sentinels: sentinels.sentinels, name: sentinels.name };
    const namespace = freshNamespace();
    app = await EveryModule.start(() => redis({ options: { ...options }, namespace }));
    const { operations, allMs, broken } = await recoveryFrom(() => sentinels!.master.kill(), app.tries);
    const { tokens } = app;
    const stale = tokens.filter((token, at) => at > 0 && token <= tokens[at - 1]!);
    Object.assign(row, { operations, recoveredMs: allMs, violations: stale.length });
    expect({ broken, stale }).toEqual({ broken: {}, stale: [] });
    expect(tokens.length).toBeGreaterThan(10);
  });
});
