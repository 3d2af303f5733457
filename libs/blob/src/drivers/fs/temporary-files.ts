import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where blobs are written before they get their names, and the clearing away of those that never did. */
export class TemporaryFiles {
  private readonly marker: string;

  constructor(private readonly directory: string) {
    this.marker = join(directory, '..', 'swept');
  }

  newPath(): string {
    return join(this.directory, randomUUID());
  }

  async prepare(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
  }

  /** Removes files nobody has written to for `graceMs`. */
  async sweep(graceMs: number): Promise<number> {
    let removed = 0;
    for (const file of await readdir(this.directory)) {
      const path = join(this.directory, file);
      const found = await stat(path).catch(() => undefined);
      if (!found || Date.now() - found.mtimeMs < graceMs) continue;
      await rm(path, { recursive: true }).then(
        () => removed++,
        () => undefined,
      );
    }
    return removed;
  }

  /** Whether it is this caller's turn: true once within `everyMs` for all who share the directory. Asked under a lock. */
  async due(everyMs: number): Promise<boolean> {
    const last = await stat(this.marker).catch(() => undefined);
    if (last && Date.now() - last.mtimeMs < everyMs) return false;
    if (last) await utimes(this.marker, new Date(), new Date());
    else await writeFile(this.marker, '');
    return true;
  }
}

/** Makes what changed in a directory durable. Some file systems cannot flush one; on those there is nothing to do. */
export async function flushDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}
