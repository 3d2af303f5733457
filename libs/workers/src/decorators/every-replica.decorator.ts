export const EVERY_REPLICA = Symbol('rookery:workers:every-replica');

/**
 * Leaves a `@Cron`, `@Interval` or `@Timeout` of @nestjs/schedule alone when `WorkersModule` adopts the others: it runs
 * on every replica, as it always did.
 *
 * @example
 * @EveryReplica()
 * @Interval(60_000)
 * refreshLocalTable() { … }
 */
export function EveryReplica(): MethodDecorator {
  return (_target, _method, descriptor) => {
    Reflect.defineMetadata(EVERY_REPLICA, true, descriptor.value as object);
  };
}
