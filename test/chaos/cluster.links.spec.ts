import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { startPostgres, startProxy, startRedis, type Link, type StoreHandle } from '@rookery/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { freshNamespace } from '../backends.js';
import { EveryModule } from './fixtures/every-module.js';
import { recoveryFrom } from './fixtures/recovery.js';
import { scenario } from './report.js';

/** Far above what a quiet machine needs; TCP itself would take a quarter of an hour. */
const WITHIN_MS = 60_000;

const BACKENDS = {
  redis: { start: startRedis, backend: (url: string, namespace: string) => redis({ url, namespace }) },
  postgres: { start: startPostgres, backend: (url: string, namespace: string) => postgres({ url, namespace }) },
};

describe.each(['redis', 'postgres'] as const)('a network that forgets its connections to %s', (kind) => {
  let store: StoreHandle | undefined;
  let link: Link | undefined;
  let app: EveryModule | undefined;
  afterEach(async () => {
    await app?.stop();
    await link?.stop();
    await store?.stop();
  });

  it('keeps no module from working again, though nobody was told', { timeout: 240_000 }, async () => {
    const fault = 'all connections to the store dead without a word, new ones work';
    const row = scenario({ id: 'silent-link', backend: kind, fault, must: 'every module works again within seconds' });
    store = await BACKENDS[kind].start();
    link = await startProxy(store.port);
    const [url, namespace] = [link.throughUrl(store.url), freshNamespace()];
    app = await EveryModule.start(() => BACKENDS[kind].backend(url, namespace));
    const { operations, allMs, broken } = await recoveryFrom(() => link!.swallow(), app.tries);
    Object.assign(row, { operations, recoveredMs: allMs });
    expect(broken).toEqual({});
    expect(allMs).toBeLessThan(WITHIN_MS);
  });
});
