import type { BlobDriverSource } from '../../blob.driver.js';
import { MirrorBlobDriver } from './mirror-blob.driver.js';

/**
 * Keeps every blob in several stores. The first counts: what it has taken is there, and conditions are judged by it. The
 * copies are written before `put` returns; one that fails does not fail the put (it shows as an error on the tracing
 * channel `rookery:blob:mirror`). Reads go to the first, and to a copy while the first fails.
 *
 * @example BlobModule.forRoot({ driver: mirror(s3Blobs({ bucket: 'near' }), s3Blobs({ bucket: 'far' })) })
 */
export function mirror(primary: BlobDriverSource, ...copies: BlobDriverSource[]): BlobDriverSource {
  return {
    kind: 'mirror',
    create: async (host) => {
      const [first, ...others] = await Promise.all([primary, ...copies].map((source) => source.create(host)));
      return new MirrorBlobDriver(first, others);
    },
  };
}
