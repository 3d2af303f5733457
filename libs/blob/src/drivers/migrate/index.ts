import type { BlobDriverSource } from '../../blob.driver.js';
import { MigratingBlobDriver } from './migrating-blob.driver.js';

/**
 * Moves to another store without a stop: reads look into the new one, then into the old one; writes go to the new one;
 * deletes reach both. Move what is left with `rewrite`, then name the new store alone.
 *
 * @example
 * BlobModule.forRoot({ driver: migrate(databaseBlobs(), s3Blobs({ bucket: 'shop' })) })
 * for await (const { name } of invoices.listAll()) await invoices.rewrite(name);
 */
export function migrate(from: BlobDriverSource, to: BlobDriverSource): BlobDriverSource {
  return {
    kind: 'migrate',
    create: async (host) => {
      const [old, fresh] = await Promise.all([from.create(host), to.create(host)]);
      return new MigratingBlobDriver(old, fresh);
    },
  };
}
