import { RookeryError } from '@rookery/core';

/** Every error of this lib; `key` is the cache key. */
export class CacheError extends RookeryError {
  constructor(
    code: string,
    readonly key: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(code, message, options);
  }
}

/** The value holds something that the serializer cannot carry. Nothing was stored. */
export class CacheValueError extends CacheError {
  constructor(
    key: string,
    /** Where in the value, e.g. `$.items[3].price`. */
    readonly path: string,
    problem: string,
  ) {
    super(
      'ROOKERY_CACHE_VALUE',
      key,
      `The value for cache key "${key}" cannot be stored: ${path} is ${problem}. Cache plain data, or set the module's serializer to richSerializer(), which carries Date, Map, Set, BigInt and Buffer.`,
    );
  }
}

/** A factory took longer than `hardTimeoutMs`, and no older value could be served. It goes on in the background. */
export class CacheFactoryTimeoutError extends CacheError {
  constructor(key: string, timeoutMs: number) {
    super(
      'ROOKERY_CACHE_FACTORY_TIMEOUT',
      key,
      `The factory for cache key "${key}" gave no value within ${timeoutMs} ms (hardTimeoutMs), and there was no older one to serve. It goes on in the background; set graceMs to serve the old value meanwhile.`,
    );
  }
}
