import 'reflect-metadata';

/** What is removed from the cache when an entity changes. */
export interface CachedEntityOptions<Entity> {
  /** The keys that go when this entity is written. */
  keys?: (entity: Entity) => readonly string[];
  /** Everything that carries one of these tags goes when this entity is written. */
  tags?: (entity: Entity) => readonly string[];
}

const METADATA = 'rookery:cached-entity';

/**
 * Says which cached values belong to an entity: they are removed whenever one is inserted, updated or removed through
 * TypeORM's repositories and managers, after the commit. Needs {@link watchEntities}. Statements that TypeORM runs
 * without loading entities (query builder, raw SQL) are not seen.
 *
 * @example
 * @Entity()
 * @CachedEntity<Plan>({ keys: (plan) => [`plan:${plan.id}`], tags: () => ['plans'] })
 * class Plan { … }
 */
export function CachedEntity<Entity extends object>(options: CachedEntityOptions<Entity>) {
  return (target: new (...args: never[]) => Entity): void => Reflect.defineMetadata(METADATA, options, target);
}

export function cachedEntityOptions(target: unknown): CachedEntityOptions<object> | undefined {
  return typeof target === 'function'
    ? (Reflect.getMetadata(METADATA, target) as CachedEntityOptions<object> | undefined)
    : undefined;
}
