import type { DynamicModule } from '@nestjs/common';

/** The modules that ClusterModule composes. */
export type ClusterPart = 'lock' | 'cache' | 'blob' | 'jobs' | 'workers' | 'realtime';

/** What every Rookery module offers. */
interface PartModule {
  forRoot(options: object): DynamicModule;
}

/** How each part is loaded: only when it is used, and all at the same time. */
const LOADERS: Record<ClusterPart, () => Promise<PartModule | undefined>> = {
  lock: async () => (await import('@rookery/lock')).LockModule as unknown as PartModule,
  cache: async () => named(await import('@rookery/cache'), 'ClusterCacheModule'),
  blob: async () => named(await import('@rookery/blob'), 'BlobModule'),
  jobs: async () => named(await import('@rookery/jobs'), 'JobsModule'),
  workers: async () => named(await import('@rookery/workers'), 'WorkersModule'),
  realtime: async () => named(await import('@rookery/realtime'), 'RealtimeModule'),
};

function named(lib: object, name: string): PartModule | undefined {
  return (lib as Record<string, PartModule | undefined>)[name];
}

/** All parts, in the order in which they are shown. */
export const CLUSTER_PARTS = Object.keys(LOADERS) as ClusterPart[];

/** Which parts are wanted, and how: `false` leaves one out. */
export type PartChoices = Partial<Record<ClusterPart, object | false>>;

/** The module that imports the parts: one promise, so that Nest waits for all of them at once. */
export async function composeParts(choices: PartChoices): Promise<DynamicModule> {
  const wanted = CLUSTER_PARTS.filter((part) => choices[part] !== false);
  const modules = await Promise.all(wanted.map(async (part) => (await LOADERS[part]())?.forRoot(choices[part] || {})));
  return { module: ClusterParts, imports: modules.filter((module) => module !== undefined) };
}

/** Holds the imports together; has nothing of its own. */
class ClusterParts {}
