import 'reflect-metadata';
import type { ExecutionContext } from '@nestjs/common';
import type { EntryOptions } from '../entry.options.js';

/** Options of `@HttpCache()`. */
export interface HttpCacheOptions extends Omit<EntryOptions, 'tags'> {
  /** Fixed tags, or tags made from the request. */
  tags?: readonly string[] | ((context: ExecutionContext) => readonly string[]);
  /**
   * What else the answer depends on, e.g. the user's id: becomes part of the key. Without it, requests that carry
   * credentials are never answered from the cache. `undefined` leaves this request alone.
   */
  varyBy?: (context: ExecutionContext) => string | undefined;
  /** Request headers that the answer depends on. @default ['accept', 'accept-language'] */
  varyHeaders?: readonly string[];
}

const METADATA = 'rookery:http-cache';

/** Sets what `ClusterCacheInterceptor` does with a handler, or with all handlers of a controller. */
export function HttpCache(options: HttpCacheOptions = {}) {
  return (target: object, _method?: string | symbol, descriptor?: PropertyDescriptor): void =>
    Reflect.defineMetadata(METADATA, options, (descriptor?.value as object | undefined) ?? target);
}

/** The handler's options; undefined when neither it nor its controller carries `@HttpCache()`. */
export function httpCacheOptions(context: ExecutionContext): HttpCacheOptions | undefined {
  return (Reflect.getMetadata(METADATA, context.getHandler()) ?? Reflect.getMetadata(METADATA, context.getClass())) as
    HttpCacheOptions | undefined;
}
