import { randomUUID } from 'node:crypto';
import { CACHE_MANAGER, Cache, CacheInterceptor, CacheKey, CacheTTL } from '@nestjs/cache-manager';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Param,
  Req,
  UseInterceptors,
  type INestApplication,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Cached,
  CacheEvict,
  CacheRegion,
  CacheTags,
  ClusterCache,
  ClusterCacheInterceptor,
  ClusterCacheModule,
  HttpCache,
  NamedCache,
} from '@rookery/cache';
import { memory, type Backend } from '@rookery/core';
import { postgres } from '@rookery/core/postgres';
import { redis } from '@rookery/core/redis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { postgresUrl, redisUrl } from '../services.js';

let calls: string[] = [];

@NamedCache('plans', { ttlMs: 60_000, tags: ['plans'] })
class PlanCache extends CacheRegion<{ name: string }, number> {}

@Injectable()
class Plans {
  constructor(@Inject(CACHE_MANAGER) readonly manager: Cache) {}

  @Cached((id: string) => `plan:${id}`, { ttlMs: 60_000, tags: (id) => [`plan:${id}`] })
  @CacheTags('all-plans')
  async find(id: string) {
    calls.push(`find ${id}`);
    return { id };
  }

  @CacheEvict({ keys: (id: string) => [`plan:${id}`] })
  async change(id: string) {
    calls.push(`change ${id}`);
    if (id === 'bad') throw new Error('refused');
  }

  @CacheEvict({ tags: ['all-plans'] })
  async changeAll() {}
}

@Controller()
class Pages {
  @Get('nest')
  @UseInterceptors(CacheInterceptor)
  @CacheKey('nest-page')
  @CacheTTL(60_000)
  nest() {
    calls.push('nest');
    return { page: 'nest' };
  }

  @Get('public/:id')
  @UseInterceptors(ClusterCacheInterceptor)
  @HttpCache({ ttlMs: 60_000, tags: ['pages'] })
  @CacheTags('public')
  public(@Param('id') id: string) {
    calls.push(`public ${id}`);
    return { page: id };
  }

  @Get('mine')
  @UseInterceptors(ClusterCacheInterceptor)
  @HttpCache({ varyBy: (context) => context.switchToHttp().getRequest<{ headers: Headers }>().headers.authorization })
  mine(@Req() { headers }: { headers: Headers }) {
    calls.push(`mine ${headers.authorization}`);
    return { user: headers.authorization };
  }
}

type Headers = Record<string, string | undefined>;

const backends: Record<string, () => () => Backend> = {
  memory: () => {
    const backend = memory();
    return () => backend;
  },
  redis: () => {
    const namespace = `test-${randomUUID()}`;
    return () => redis({ url: redisUrl(), namespace });
  },
  postgres: () => {
    const namespace = `test-${randomUUID()}`;
    return () => postgres({ url: postgresUrl(), namespace, poolSize: 4 });
  },
};

describe.each(Object.keys(backends))('ClusterCacheModule on %s', (kind) => {
  let apps: INestApplication[];
  let urls: string[];

  beforeEach(async () => {
    calls = [];
    const backend = backends[kind]!();
    apps = await Promise.all([start(backend()), start(backend())]);
    urls = await Promise.all(apps.map((app) => app.getUrl()));
  });
  afterEach(() => Promise.all(apps.map((app) => app.close())));

  async function start(backend: Backend): Promise<INestApplication> {
    const module = await Test.createTestingModule({
      imports: [
        ClusterCacheModule.forRoot({ backend, deadlineMs: 20_000 }),
        ClusterCacheModule.forFeature([PlanCache]),
      ],
      providers: [Plans],
      controllers: [Pages],
    }).compile();
    const app = module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    return app;
  }

  const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

  it('@Cached and @CacheEvict hold over replicas', async () => {
    const [one, two] = apps.map((app) => app.get(Plans)) as [Plans, Plans];
    expect(await one.find('a')).toEqual({ id: 'a' });
    expect(await two.find('a')).toEqual({ id: 'a' });
    expect(calls).toEqual(['find a']);
    await one.change('a');
    await eventually(async () => {
      await two.find('a');
      expect(calls.filter((call) => call === 'find a')).toHaveLength(2);
    });
    await expect(one.change('bad')).rejects.toThrow('refused');
    await two.changeAll();
    await two.find('a');
    expect(calls.filter((call) => call === 'find a')).toHaveLength(3);
  });

  it('gives cache-manager and its interceptor the same tiers', async () => {
    expect(await (await fetch(`${urls[0]}/nest`)).json()).toEqual({ page: 'nest' });
    await eventually(async () => {
      const answer = await fetch(`${urls[1]}/nest`);
      expect(answer.headers.get('x-cache')).toBe('HIT');
      expect(await answer.json()).toEqual({ page: 'nest' });
    });
    const [one, two] = apps.map((app) => app.get(Plans).manager) as [Cache, Cache];
    await one.set('k', { list: [1] }, 60_000);
    const value = (await two.get<{ list: number[] }>('k'))!;
    value.list.push(2);
    expect(await two.get('k')).toEqual({ list: [1] });
    expect(await two.ttl('k')).toBeGreaterThan(Date.now());
    await one.mset([
      { key: 'm1', value: 1 },
      { key: 'm2', value: 2, ttl: 60_000 },
    ]);
    expect(await two.mget(['m1', 'm2', 'm3'])).toEqual([1, 2, undefined]);
    expect(await two.wrap('m1', () => 'not called')).toBe(1);
    await two.mdel(['m1', 'm2']);
    await one.del('k');
    await eventually(async () => expect(await two.get('k')).toBeUndefined());
    await one.set('k', 1);
    await two.clear();
    expect(await two.get('k')).toBeUndefined();
  });

  it('caches public answers only, and tells the client what it did', async () => {
    const first = await fetch(`${urls[0]}/public/1`);
    expect(first.headers.get('x-cache')).toBe('MISS');
    expect(await first.json()).toEqual({ page: '1' });
    const second = await fetch(`${urls[1]}/public/1`);
    expect(second.headers.get('x-cache')).toBe('HIT');
    const etag = second.headers.get('etag')!;
    const third = await fetch(`${urls[1]}/public/1`, { headers: { 'if-none-match': etag } });
    expect(third.status).toBe(304);
    const authenticated = await fetch(`${urls[1]}/public/1`, { headers: { authorization: 'Bearer x' } });
    expect(authenticated.headers.get('x-cache')).toBe('BYPASS');
    expect(calls).toEqual(['public 1', 'public 1']);
    for (const tag of ['pages', 'public']) {
      await apps[0]!.get(ClusterCache).deleteByTag(tag);
      const fresh = await fetch(`${urls[0]}/public/1`);
      expect(fresh.headers.get('x-cache')).toBe('MISS');
    }
  });

  it('keeps the answers of users apart', async () => {
    for (const user of ['ann', 'bob', 'ann', 'bob']) {
      const answer = await fetch(`${urls[0]}/mine`, { headers: { authorization: user } });
      expect(await answer.json()).toEqual({ user });
    }
    expect(calls).toEqual(['mine ann', 'mine bob']);
    expect((await fetch(`${urls[0]}/mine`)).headers.get('x-cache')).toBe('BYPASS');
  });

  it('makes named caches', async () => {
    const [one, two] = apps.map((app) => app.get(PlanCache)) as [PlanCache, PlanCache];
    expect(await one.getOrSet(1, () => ({ name: 'basic' }))).toEqual({ name: 'basic' });
    expect(await two.get(1)).toEqual({ name: 'basic' });
    await apps[0]!.get(ClusterCache).deleteByTag('plans');
    expect(await one.get(1)).toBeUndefined();
    await one.set(2, { name: 'pro' });
    await one.clear();
    expect(await one.has(2)).toBe(false);
  });
});

it('names the class when the module is missing', async () => {
  await expect(
    Test.createTestingModule({ providers: [Plans, { provide: CACHE_MANAGER, useValue: {} }] }).compile(),
  ).rejects.toThrow(/Plans[^]*ClusterCache/);
});
