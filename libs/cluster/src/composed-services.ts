import type { ModulesContainer } from '@nestjs/core';
import type { BlobContainers } from '@rookery/blob';
import type { ClusterCache } from '@rookery/cache';
import type { JobsService } from '@rookery/jobs';
import type { LockService } from '@rookery/lock';
import type { RealtimeService } from '@rookery/realtime';
import type { WorkersService } from '@rookery/workers';

/**
 * The services of the modules that this app has, for health, telemetry and the dashboard. Found by name: importing
 * their classes would load every module, also those that were left out.
 */
export class ComposedServices {
  private readonly known = new Map<string, unknown>();

  constructor(private readonly modules: ModulesContainer) {}

  get locks(): LockService | undefined {
    return this.find<LockService>('LockService');
  }

  get cache(): ClusterCache | undefined {
    return this.find<ClusterCache>('ClusterCache');
  }

  get blobs(): BlobContainers | undefined {
    return this.find<BlobContainers>('BlobContainers');
  }

  get jobs(): JobsService | undefined {
    return this.find<JobsService>('JobsService');
  }

  get workers(): WorkersService | undefined {
    return this.find<WorkersService>('WorkersService');
  }

  get realtime(): RealtimeService | undefined {
    return this.find<RealtimeService>('RealtimeService');
  }

  private find<Service>(name: string): Service | undefined {
    if (!this.known.has(name)) this.known.set(name, this.search(name));
    return this.known.get(name) as Service | undefined;
  }

  private search(name: string): unknown {
    for (const { providers } of this.modules.values())
      for (const [token, { instance }] of providers)
        if (typeof token === 'function' && token.name === name && instance) return instance;
    return undefined;
  }
}
