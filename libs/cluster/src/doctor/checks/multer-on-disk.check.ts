import type { Check } from '../check.js';
import type { Organ } from '../patient.js';

interface DiskStorageLike {
  getDestination?: unknown;
}

export const multerOnDisk: Check = {
  id: 'RK006',
  severity: 'error',
  why: 'The upload lands on the disk of the replica that happened to answer; the next request goes to another replica, which does not have the file, and a deploy throws it away.',
  cure: 'Stream into a container: FileInterceptor("file", { storage: blobStorage(Uploads) }).',
  find: ({ organs, explorer }) => [
    ...organs.filter(isModuleOnDisk).map(({ module }) => `MulterModule in ${module} writes to the local disk`),
    ...explorer
      .methods<unknown[]>('__interceptors__')
      .filter(({ metadata }) => metadata.some((one) => organs.some((organ) => organ.token === one && isOnDisk(organ))))
      .map(({ label }) => `${label}: its file interceptor writes to the local disk`),
  ],
};

function isModuleOnDisk({ token, instance }: Organ): boolean {
  const options = instance as { dest?: unknown; storage?: DiskStorageLike };
  return token === 'MULTER_MODULE_OPTIONS' && (options.dest !== undefined || isDisk(options.storage));
}

function isOnDisk({ instance }: Organ): boolean {
  return isDisk((instance as { multer?: { storage?: DiskStorageLike } }).multer?.storage);
}

function isDisk(storage: DiskStorageLike | undefined): boolean {
  return typeof storage?.getDestination === 'function';
}
