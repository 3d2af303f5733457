import type { DynamicModule, INestApplication } from '@nestjs/common';
import type { BlobModuleOptions } from '@rookery/blob';
import type { ClusterCacheModuleOptions } from '@rookery/cache';
import type { JobsModuleOptions } from '@rookery/jobs';
import type { LockModuleOptions } from '@rookery/lock';
import type { RealtimeModuleOptions } from '@rookery/realtime';
import type { WorkersModuleOptions } from '@rookery/workers';
import { isModuleLoaded } from '@rookery/core';
import { secondRedis } from './settings/second-redis.js';

/**
 * The modules that ClusterModule composes. Without a word about it, a module is composed when the app imports its
 * package; options compose it anyway, `false` leaves it out.
 */
export interface PartChoices {
  lock?: LockModuleOptions | false;
  cache?: ClusterCacheModuleOptions | false;
  blob?: BlobModuleOptions | false;
  jobs?: JobsModuleOptions | false;
  workers?: WorkersModuleOptions | false;
  realtime?: RealtimeModuleOptions | false;
}

export type ClusterPart = keyof PartChoices;

/** Injects what gives the app's gateways their adapter; there when realtime is composed. */
export const USE_REALTIME = 'ROOKERY_USE_REALTIME';
export type UseRealtime = (app: INestApplication) => void;

/** How each part is loaded: only when it is wanted, and all at the same time. */
const LOADERS: { [Part in ClusterPart]-?: (options: Exclude<PartChoices[Part], false>) => Promise<DynamicModule> } = {
  lock: async (options) => (await import('@rookery/lock')).LockModule.forRoot(options),
  cache: async (options) => {
    const [{ ClusterCacheModule }, backend] = await Promise.all([import('@rookery/cache'), secondRedis(process.env)]);
    return ClusterCacheModule.forRoot({ ...(backend && { backend }), ...options });
  },
  blob: async (options) => (await import('@rookery/blob')).BlobModule.forRoot(options),
  jobs: async (options) => (await import('@rookery/jobs')).JobsModule.forRoot(options),
  workers: async (options) => (await import('@rookery/workers')).WorkersModule.forRoot(options),
  realtime: async (options) => {
    const { RealtimeModule, useRealtime } = await import('@rookery/realtime');
    const setup = { provide: USE_REALTIME, useValue: useRealtime };
    const definition = RealtimeModule.forRoot(options);
    return {
      ...definition,
      providers: [...(definition.providers ?? []), setup],
      exports: [...(definition.exports ?? []), USE_REALTIME],
    };
  },
};

/** What the packages call their modules. */
const MODULE_NAMES: Record<ClusterPart, string> = {
  lock: 'Lock',
  cache: 'ClusterCache',
  blob: 'Blob',
  jobs: 'Jobs',
  workers: 'Workers',
  realtime: 'Realtime',
};

/** The parts that are composed, and how. */
export type ComposedParts = { [Part in ClusterPart]?: Exclude<PartChoices[Part], false> };

/** Decides: a package costs its loading time, so one that the app never imported is not loaded for nothing. */
export function chosenParts(choices: PartChoices): ComposedParts {
  const parts = Object.keys(LOADERS) as ClusterPart[];
  const wanted = parts.filter(
    (part) => choices[part] ?? (choices[part] !== false && isModuleLoaded(MODULE_NAMES[part])),
  );
  return Object.fromEntries(wanted.map((part) => [part, choices[part] ?? {}]));
}

/** The module that imports the parts: one promise, so that Nest waits for all of them at once. */
export async function composeParts(parts: ComposedParts): Promise<DynamicModule> {
  const load = ([part, options]: [string, object]) =>
    (LOADERS[part as ClusterPart] as (options: object) => Promise<DynamicModule>)(options);
  return { module: ClusterParts, imports: await Promise.all(Object.entries(parts).map(load)) };
}

/** Holds the imports together; has nothing of its own. */
class ClusterParts {}
