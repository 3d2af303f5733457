import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';

/** A method that a registering decorator marked. */
export interface DiscoveredMethod<Metadata> {
  instance: object;
  methodName: string;
  /** `Class.method`, for messages. */
  label: string;
  metadata: Metadata;
  /** False for request-scoped and transient owners, which have no instance to call at boot. */
  isSingleton: boolean;
}

/** A class that a registering decorator marked. */
export interface DiscoveredClass<Metadata> {
  /** Undefined until Nest made it, and for request-scoped classes. */
  instance: object | undefined;
  metatype: new (...args: never[]) => object;
  metadata: Metadata;
  isSingleton: boolean;
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Finds what decorators like `@ClusteredCron` and `@JobHandler` marked, over all providers and controllers. */
@Injectable()
export class MethodExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Every method that carries `metadataKey`. */
  methods<Metadata>(metadataKey: string | symbol): DiscoveredMethod<Metadata>[] {
    return this.wrappers().flatMap((wrapper) => {
      const prototype = prototypeOf(wrapper);
      if (!prototype) return [];
      return this.scanner.getAllMethodNames(prototype).flatMap((methodName) => {
        const method = (prototype as Record<string, unknown>)[methodName];
        if (typeof method !== 'function') return [];
        const metadata = Reflect.getMetadata(metadataKey, method) as Metadata | undefined;
        if (metadata === undefined) return [];
        const label = `${prototype.constructor.name}.${methodName}`;
        return [
          {
            instance: wrapper.instance as object,
            methodName,
            label,
            metadata,
            isSingleton: wrapper.isDependencyTreeStatic(),
          },
        ];
      });
    });
  }

  /** Every class that carries `metadataKey`. */
  classes<Metadata>(metadataKey: string | symbol): DiscoveredClass<Metadata>[] {
    return this.wrappers().flatMap((wrapper) => {
      const metatype = wrapper.metatype as DiscoveredClass<Metadata>['metatype'] | null;
      const metadata = metatype ? (Reflect.getOwnMetadata(metadataKey, metatype) as Metadata | undefined) : undefined;
      if (metadata === undefined) return [];
      return [
        {
          instance: wrapper.instance as object | undefined,
          metatype: metatype!,
          metadata,
          isSingleton: wrapper.isDependencyTreeStatic(),
        },
      ];
    });
  }

  private wrappers(): Wrapper[] {
    const seen = new Set<unknown>();
    // An alias (useExisting) shows the same object a second time.
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()].filter((wrapper) => {
      if (wrapper.isAlias || seen.has(wrapper.instance ?? wrapper)) return false;
      seen.add(wrapper.instance ?? wrapper);
      return true;
    });
  }
}

function prototypeOf(wrapper: Wrapper): object | undefined {
  if (wrapper.instance && typeof wrapper.instance === 'object')
    return Object.getPrototypeOf(wrapper.instance) as object | undefined;
  return typeof wrapper.metatype === 'function' ? (wrapper.metatype.prototype as object) : undefined;
}
