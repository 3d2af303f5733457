import type { Check } from '../check.js';
import type { Organ } from '../patient.js';

/** As BlobContainers of the blob module shows its drivers. */
interface ContainersLike {
  inUse(): Promise<{ kind: string; address: string; shared?: boolean }[]>;
}

export const blobsOnDisk: Check = {
  id: 'RK005',
  severity: 'error',
  why: 'A file that one replica wrote does not exist for the others, unless the directory is a mount that all of them share.',
  cure: 'Use databaseBlobs() or s3Blobs(); or say fileSystemBlobs({ shared: true }) when the directory really is the same for all replicas.',
  async find({ organs }) {
    const drivers = await Promise.all(
      organs.filter(isContainers).map(({ instance }) => (instance as unknown as ContainersLike).inUse()),
    );
    return drivers
      .flat()
      .filter(({ kind, shared }) => kind === 'fs' && shared !== true)
      .map(({ address }) => `blobs in ${address}, which may be the disk of one machine`);
  },
};

function isContainers({ token }: Organ): boolean {
  return typeof token === 'function' && token.name === 'BlobContainers';
}
