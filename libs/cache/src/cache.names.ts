import { checkName, InvalidInputError } from '@rookery/core';

const MAX_KEY_BYTES = 1_024;

/** The version that `clear()` of a namespace changes; the root's is that of the empty path. */
export const clearVersion = (path: string): string => `*${path}`;

/** The version that `deleteByTag` changes. */
export const tagVersion = (tag: string): string => `=${tag}`;

/** The path of namespaces in the full name of a key. */
export const pathOf = (name: string): string => name.slice(0, name.search(/[~@/]/));

/**
 * Where a cache's keys are: a path of namespaces, and the tenant. The full name of a key is
 * `<namespace:namespace…>[~format][@tenant]/<key>`; no namespace has a slash in it, so no two keys share a name.
 */
export class CacheScope {
  /** The clears that concern a key of this scope. */
  readonly clears: readonly string[];
  private readonly prefix: string;

  constructor(
    readonly path: string,
    private readonly tenant?: () => string | undefined,
    /** Values in another format than JSON have names of their own: no replica reads what it cannot. */
    private readonly format = 'json',
  ) {
    this.prefix = format === 'json' ? path : `${path}~${format}`;
    const parts = path === '' ? [] : path.split(':');
    this.clears = [clearVersion(''), ...parts.map((_, index) => clearVersion(parts.slice(0, index + 1).join(':')))];
  }

  /** The name of a key that may not have been checked: good for looking, not for storing. */
  name(key: string): string {
    const tenant = this.tenant?.();
    return tenant === undefined ? `${this.prefix}/${key}` : `${this.prefix}@${tenantPart(tenant)}/${key}`;
  }

  /** @throws InvalidInputError for a key that is empty, longer than 1 KB or has control characters */
  checkedName(key: string): string {
    checkName('The cache key', key, MAX_KEY_BYTES);
    return this.name(key);
  }

  /** @throws InvalidInputError for a bad name */
  inner(namespace: string): CacheScope {
    if (!/^[A-Za-z0-9_.-]{1,64}$/.test(namespace)) {
      throw new InvalidInputError('The cache namespace', namespace, '1 to 64 letters, digits, "_", "." or "-"');
    }
    return new CacheScope(this.path === '' ? namespace : `${this.path}:${namespace}`, this.tenant, this.format);
  }
}

function tenantPart(tenant: string): string {
  return encodeURIComponent(checkName('The tenant', tenant));
}
