import type { Check } from '../check.js';

export const blobsOnDisk: Check = {
  id: 'RK005',
  severity: 'error',
  why: 'A file that one replica wrote does not exist for the others, unless the directory is a mount that all of them share.',
  cure: 'Use databaseBlobs() or s3Blobs(); or say fileSystemBlobs({ shared: true }) when the directory really is the same for all replicas.',
  find: async (patient) =>
    (await patient.blobDrivers())
      .filter(({ kind, shared }) => kind === 'fs' && shared !== true)
      .map(({ address }) => `blobs in ${address}, which may be the disk of one machine`),
};
