import 'reflect-metadata';

/** Fixed tags, or tags made from the method's own arguments. */
export type TagsOf<Args extends unknown[]> = readonly string[] | ((...args: Args) => readonly string[]);

const METADATA = 'rookery:cache-tags';

/**
 * Tags what the method's `@Cached()` or `@HttpCache()` keeps, beside the tags given there.
 *
 * @example
 * @Get(':id') @HttpCache({ ttlMs: 10_000 }) @CacheTags('plans')
 * find(@Param('id') id: string) { … }
 */
export function CacheTags(...tags: string[]) {
  return (target: object, method: string | symbol): void => Reflect.defineMetadata(METADATA, tags, target, method);
}

/** The tags that `@CacheTags()` put on a method of the object or prototype. */
export function tagsOn(target: object, method: string | symbol): readonly string[] {
  return (Reflect.getMetadata(METADATA, target, method) as string[] | undefined) ?? [];
}
