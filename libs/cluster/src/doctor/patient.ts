import type { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { Backend, MethodExplorer } from '@rookery/core';
import type { ComposedParts } from '../cluster.parts.js';
import type { CheckedDrainOptions } from '../drain/drain.options.js';
import type { Replica } from '../registry/replica.js';
import type { Attachment } from '../attachment.js';

/** An object that Nest made. */
export interface Organ {
  module: string;
  token: unknown;
  instance: object;
}

/** The app as the doctor sees it. Looking changes nothing. */
export class Patient {
  constructor(
    readonly backend: Backend,
    readonly drain: CheckedDrainOptions,
    readonly explorer: MethodExplorer,
    readonly parts: ComposedParts,
    readonly attachment: Attachment,
    private readonly registry: { readonly view: Replica[]; readonly self: Replica },
    private readonly modules: ModulesContainer,
    private readonly http: HttpAdapterHost,
    readonly env: NodeJS.ProcessEnv = process.env,
  ) {}

  /** The living replicas at the last heartbeat, this one included. */
  get replicas(): Replica[] {
    return this.registry.view;
  }

  get self(): Replica {
    return this.registry.self;
  }

  /** The Redis behind the app, if it is one. */
  get redis(): Backend | undefined {
    return this.backend.kind === 'redis' ? this.backend : undefined;
  }

  /** The PostgreSQL behind the app, if it is one. */
  get postgres(): Backend | undefined {
    return this.backend.kind === 'postgres' ? this.backend : undefined;
  }

  /** Every provider, controller, guard, pipe and interceptor that Nest has made, with the module it lives in. */
  get organs(): Organ[] {
    return [...this.modules.values()].flatMap((module) =>
      [...module.providers, ...module.controllers, ...module.injectables].flatMap(([token, { instance }]) =>
        typeof instance === 'object' && instance !== null ? [{ module: module.name, token, instance }] : [],
      ),
    );
  }

  /** The Express middleware of the app; none on other HTTP servers. */
  get middleware(): { name: string; handle: (...args: unknown[]) => unknown }[] {
    const express = this.http.httpAdapter?.getInstance?.() as ExpressLike | undefined;
    return express?.router?.stack ?? [];
  }

  /** Where each composed module keeps its state. */
  async providers(): Promise<Record<string, string>> {
    const storeOf = (options: object) => ((options as { backend?: Backend }).backend ?? this.backend).kind;
    const stores = Object.entries(this.parts).map(([part, options]) => [part, storeOf(options)]);
    // Blobs have drivers of their own, made when a container is first opened.
    const drivers = await this.blobDrivers().catch(() => []);
    const blobs = drivers.map(({ kind }) => kind).join(' and ');
    return { ...Object.fromEntries(stores), ...(this.parts.blob && { blob: blobs || 'no container is open yet' }) };
  }

  /** The blob drivers in use, as the blob module shows them. */
  async blobDrivers(): Promise<BlobDriverLike[]> {
    const containers = this.organs.filter(
      ({ token }) => typeof token === 'function' && token.name === 'BlobContainers',
    );
    const drivers = containers.map(({ instance }) => (instance as { inUse(): Promise<BlobDriverLike[]> }).inUse());
    return (await Promise.all(drivers)).flat();
  }
}

/** What a blob driver tells about itself. */
export interface BlobDriverLike {
  kind: string;
  address: string;
  /** Of a directory: whether all replicas see it. */
  shared?: boolean;
}

interface ExpressLike {
  router?: { stack?: { name: string; handle: (...args: unknown[]) => unknown }[] };
}
