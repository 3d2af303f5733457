import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { startCache, type ClusterCache } from '@rookery/cache';
import { CachedEntity, watchEntities } from '@rookery/cache/typeorm';
import { memory } from '@rookery/core';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freshPostgresUrl } from '../services.js';

@Entity()
@CachedEntity<Plan>({ keys: (plan) => [`plan:${plan.slug}`], tags: () => ['plans'] })
class Plan {
  @PrimaryColumn('text') id: string;
  @Column('text') slug: string;
}

let dataSource: DataSource;
let cache: ClusterCache;
let stop: () => Promise<void>;

beforeEach(async () => {
  dataSource = await new DataSource({
    type: 'postgres',
    url: await freshPostgresUrl(),
    entities: [Plan],
    synchronize: true,
  }).initialize();
  ({ cache, stop } = await startCache({ backend: memory() }));
});
afterEach(async () => {
  await stop();
  await dataSource.destroy();
});

it('does on commit what was asked in the transaction, and nothing on rollback', async () => {
  await cache.set('k', 'old', { tags: ['t'] });
  await expect(
    dataSource.transaction(async (manager) => {
      cache.afterCommit(manager).delete('k');
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  expect(await cache.get('k')).toBe('old');

  await dataSource.transaction(async (manager) => {
    cache.afterCommit(manager).set('k', 'new');
    cache.afterCommit(manager).deleteByTag('t');
    expect(await cache.get('k')).toBe('old');
  });
  expect(await cache.get('k')).toBe('new');
  expect(() => cache.afterCommit(dataSource.manager).delete('k')).toThrow(/transaction/);
});

it('removes the values of entities that change', async () => {
  watchEntities(dataSource, cache);
  const repository = dataSource.getRepository(Plan);
  const plan = await repository.save({ id: randomUUID(), slug: 'basic' });
  const remember = async () => {
    await cache.set('plan:basic', 1);
    await cache.set('list', 1, { tags: ['plans'] });
  };

  await remember();
  await repository.save({ id: plan.id, slug: 'renamed' });
  expect(await cache.getMany(['plan:basic', 'list'])).toEqual([undefined, undefined]);

  await remember();
  await expect(
    dataSource.transaction(async (manager) => {
      await manager.save(Plan, { id: plan.id, slug: 'basic' });
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  expect(await cache.getMany(['plan:basic', 'list'])).toEqual([1, 1]);

  await repository.remove(await repository.findOneByOrFail({ id: plan.id }));
  expect(await cache.get('list')).toBeUndefined();
});
