import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardian } from './guardian.js';

/** A directory of our own that is removed by `remove()`, or by the guardian when this process ends without it. */
export interface PrivateDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/** Makes an empty directory that only this user, or the given owner, can enter. */
export async function privateDirectory(label: string, owner?: { uid: number; gid: number }): Promise<PrivateDirectory> {
  const path = await mkdtemp(join(tmpdir(), `rookery-${label}-`));
  guardian.guardDirectory(path);
  if (owner) await chown(path, owner.uid, owner.gid);
  return {
    path,
    remove: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      guardian.releaseDirectory(path);
    },
  };
}
