import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { defineModule } from '@rookery/core';
import { dataSourceOf } from './data-source-of.js';
import { BlobContainers } from './blob.containers.js';
import type { BlobModuleOptions } from './blob.options.js';
import { BlobStore } from './blob.store.js';
import { BlobSweeper } from './blob.sweeper.js';
import { BlobLinks } from './http/blob-links.js';
import { StoreLocator } from './http/store-locator.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE } = defineModule<BlobModuleOptions>('Blob');

/**
 * Files that belong to the cluster. Global by default.
 *
 * @example
 * BlobModule.forRoot({ driver: s3Blobs({ bucket: 'shop' }) })
 * BlobModule.forFeature([Invoices, Avatars])
 */
@Module({
  providers: [
    {
      provide: BlobContainers,
      inject: [MODULE_OPTIONS_TOKEN, ModuleRef],
      useFactory: (options: BlobModuleOptions, app: ModuleRef) =>
        new BlobContainers(options, { dataSource: async () => dataSourceOf(app) }),
    },
    BlobLinks,
    BlobSweeper,
    StoreLocator,
    BlobStore,
  ],
  exports: [BlobContainers, BlobLinks, BlobStore, BlobSweeper],
})
export class BlobModule extends ConfigurableModuleClass {
  /** Blobs with the given options; without any, in the app's database. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** Makes containers injectable in the importing module. Needs forRoot (or ClusterModule) once in the app. */
  static forFeature(containers: Type<BlobStore>[]): DynamicModule {
    return { module: BlobFeatureModule, providers: containers, exports: containers };
  }
}

/** Holds what forFeature lists, apart from the one BlobModule. */
@Module({})
class BlobFeatureModule {}
