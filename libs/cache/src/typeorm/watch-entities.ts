import { afterCommit } from '@rookery/core';
import type { DataSource, EntityManager, EntityMetadata, EntitySubscriberInterface } from 'typeorm';
import type { ClusterCache } from '../cache.service.js';
import { cachedEntityOptions } from './cached-entity.decorator.js';

interface Change {
  manager: EntityManager;
  metadata: EntityMetadata;
  entity?: object;
  databaseEntity?: object;
}

/**
 * Has the entities that carry `@CachedEntity()` remove their cached values when they change. Once per DataSource.
 *
 * @example
 * constructor(dataSource: DataSource, cache: ClusterCache) { watchEntities(dataSource, cache); }
 */
export function watchEntities(dataSource: DataSource, cache: ClusterCache): void {
  dataSource.subscribers.push(new CachedEntitySubscriber(cache));
}

class CachedEntitySubscriber implements EntitySubscriberInterface {
  constructor(private readonly cache: ClusterCache) {}

  afterInsert = (change: Change) => this.evict(change);
  afterUpdate = (change: Change) => this.evict(change);
  afterRemove = (change: Change) => this.evict(change);
  afterSoftRemove = (change: Change) => this.evict(change);
  afterRecover = (change: Change) => this.evict(change);

  /** By the old values too: a key made from a column that changed leads to the old place. */
  private async evict({ manager, metadata, entity, databaseEntity }: Change): Promise<void> {
    const options = cachedEntityOptions(metadata.target);
    const versions = [entity, databaseEntity].filter((version) => version !== undefined);
    if (!options) return;
    const keys = [...new Set(versions.flatMap((version) => options.keys?.(version) ?? []))];
    const tags = [...new Set(versions.flatMap((version) => options.tags?.(version) ?? []))];
    const effect = async () => {
      if (keys.length > 0) await this.cache.deleteMany(keys);
      if (tags.length > 0) await this.cache.deleteByTag(...tags);
    };
    if (manager.queryRunner?.isTransactionActive) afterCommit(manager, effect);
    else await effect();
  }
}
