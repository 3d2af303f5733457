export { CachedEntity, type CachedEntityOptions } from './cached-entity.decorator.js';
export { watchEntities } from './watch-entities.js';
