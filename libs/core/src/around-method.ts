import { Inject, type InjectionToken } from '@nestjs/common';
import { RookeryError } from './rookery.error.js';

/** One call of a decorated method. */
export interface MethodCall<Args extends unknown[] = unknown[]> {
  /** The object the method was called on. */
  instance: object;
  /** `Class.method`, for messages and events. */
  name: string;
  args: Args;
  /** Runs the method itself. */
  proceed: () => Promise<unknown>;
}

/** A decorated method ran on an object that Nest did not make, so the service it needs was never injected. */
export class NotManagedByNestError extends RookeryError {
  constructor(method: string, label: string) {
    super(
      'ROOKERY_NOT_MANAGED_BY_NEST',
      `${method} needs the ${label}, but its object was not made by Nest (by "new" or by a useFactory), so nothing was injected. Let Nest construct the class: list it in providers or controllers.`,
    );
  }
}

/**
 * Only methods that return a promise can be wrapped; TypeScript refuses the rest. A decorator that looks at the first
 * arguments fits methods with more of them.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- whatever the arguments are that nobody looks at
export type AsyncMethod<Args extends unknown[]> = (...args: [...Args, ...any[]]) => Promise<unknown>;

/**
 * Makes a decorator that wraps a method and lets Nest inject the service it needs into the method's own class. Works
 * for providers, controllers, request scope, inheritance and several apps in one process; a missing module stops the
 * boot with the class's name. The method keeps its name, its length and its metadata.
 *
 * @param label what Nest's boot error and ours call the dependency, e.g. `LockService for @Locked()`
 * @example
 * const Locked = (key: string) =>
 *   aroundMethod(LockService, 'LockService for @Locked()', (locks, call) => locks.using(key, () => call.proceed()));
 */
// oxlint-disable-next-line typescript/no-explicit-any -- a decorator that does not look at the arguments fits any method
export function aroundMethod<Service extends object, Args extends unknown[] = any[]>(
  token: InjectionToken<Service>,
  label: string,
  around: (service: Service, call: MethodCall<Args>) => Promise<unknown>,
) {
  const property = Symbol(label);
  return <Method extends AsyncMethod<Args>>(
    target: object,
    method: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const original = descriptor.value!;
    Inject(token)(target, property);
    const replacement = function (this: Record<symbol, Service | undefined>, ...args: Parameters<AsyncMethod<Args>>) {
      const name = `${this?.constructor?.name ?? target.constructor.name}.${String(method)}`;
      const service = this?.[property];
      if (!service) return Promise.reject(new NotManagedByNestError(name, label));
      return around(service, {
        instance: this,
        name,
        args: args as unknown as Args,
        proceed: () => original.apply(this, args),
      });
    };
    for (const key of ['name', 'length'] as const) Object.defineProperty(replacement, key, { value: original[key] });
    // With the original as prototype, metadata set below this decorator (@Get, @UseGuards …) is inherited.
    descriptor.value = Object.setPrototypeOf(replacement, original) as Method;
  };
}
