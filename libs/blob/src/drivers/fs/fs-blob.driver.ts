import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { BlobEntry } from '../../blob-info.js';
import {
  partOf,
  type BlobAddress,
  type BlobDriver,
  type BlobListing,
  type BlobRead,
  type BlobWrite,
  type StoredBlob,
  type WriteCondition,
} from '../../blob.driver.js';
import { inPieces } from '../../transfer/chunks.js';
import { factsAt, factsBlock, openIfThere, readFacts } from './blob-file.js';
import { blobPath, containerPath, nameOf, unescaped } from './blob-path.js';
import { NameIndex } from './name-index.js';
import { NameLock } from './name-lock.js';
import { flushDirectory, TemporaryFiles } from './temporary-files.js';

/** Few large writes are faster than many small ones. */
const WRITE_BYTES = 1024 * 1024;
const READ_BYTES = 256 * 1024;
/** Where there are no blobs. */
const OURS = '.rookery';

/** Blobs as files: written under another name, flushed to the disk, then renamed. */
export class FileSystemBlobDriver implements BlobDriver {
  readonly kind = 'fs';
  readonly address: string;
  private readonly root: string;
  private readonly lock: NameLock;
  private readonly temporary: TemporaryFiles;

  constructor(
    directory: string,
    /** Whether all replicas see this directory; read by the doctor. */
    readonly shared: boolean,
  ) {
    this.root = resolve(directory);
    this.address = this.root;
    this.lock = new NameLock(join(this.root, OURS, 'locks'));
    this.temporary = new TemporaryFiles(join(this.root, OURS, 'writing'));
  }

  open(): Promise<void> {
    return this.temporary.prepare();
  }

  async close(): Promise<void> {}

  async write(at: BlobAddress, body: AsyncIterable<Buffer>, write: BlobWrite): Promise<StoredBlob | null> {
    const temporary = this.temporary.newPath();
    const file = await open(temporary, 'wx');
    try {
      const stored = await fill(file, at.name, body, write).finally(() => file.close());
      if (await this.publish(temporary, at, write.onlyIf)) return stored;
      await unlink(temporary);
      return null;
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
  }

  async read(at: BlobAddress, read: BlobRead) {
    const path = this.path(at);
    const file = await openIfThere(path);
    if (!file) return null;
    try {
      const stored = await readFacts(file, path);
      const isMeant = read.etag === undefined || read.etag === stored.etag;
      const { start, end } = (isMeant && partOf(stored, read)) || { start: 0, end: stored.storedBytes - 1 };
      if (isMeant && end >= start)
        return { stored, body: file.createReadStream({ start, end, highWaterMark: READ_BYTES }) };
      await file.close();
      return isMeant ? { stored, body: Readable.from([]) } : null;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  stat(at: BlobAddress): Promise<StoredBlob | null> {
    return factsAt(this.path(at));
  }

  async delete(at: BlobAddress, { etag }: Pick<BlobRead, 'etag'> = {}): Promise<boolean> {
    const path = this.path(at);
    return this.lock.run(path, async () => {
      const current = await factsAt(path);
      if (!current || (etag !== undefined && current.etag !== etag)) return false;
      await unlink(path);
      await flushDirectory(dirname(path));
      await this.names(at.container).remove(at.name);
      return true;
    });
  }

  async list(container: string, { prefix, after, limit }: BlobListing): Promise<BlobEntry[]> {
    const entries: BlobEntry[] = [];
    for await (const name of this.names(container).list(prefix, after)) {
      const stored = await factsAt(this.path({ container, name }));
      if (!stored) continue;
      const { storedBytes, etag, createdAt } = stored;
      if (entries.push({ name, storedBytes, etag, createdAt }) === limit) break;
    }
    return entries;
  }

  async sweep({ graceMs, everyMs }: { graceMs: number; everyMs: number }): Promise<number | null> {
    const due = await this.lock.run('sweep', () => this.temporary.due(everyMs));
    if (!due) return null;
    for (const directory of await readdir(this.root))
      if (directory !== OURS) await this.bringBackStrays(nameOf(unescaped(directory)));
    return this.temporary.sweep(graceMs);
  }

  private async bringBackStrays(container: string): Promise<void> {
    const names = this.names(container);
    for await (const { name, path } of names.strays())
      await this.lock.run(this.path({ container, name }), async () => {
        await names.add(name);
        await unlink(path).catch(() => undefined);
      });
  }

  private names(container: string): NameIndex {
    return new NameIndex(containerPath(this.root, container), this.lock, this.temporary);
  }

  private path({ container, name }: BlobAddress): string {
    return blobPath(this.root, container, name);
  }

  private publish(from: string, at: BlobAddress, onlyIf: WriteCondition): Promise<boolean> {
    const to = this.path(at);
    return this.lock.run(to, async () => {
      const current = onlyIf === 'any' ? null : await factsAt(to);
      if (onlyIf === 'absent' && current) return false;
      if (typeof onlyIf === 'object' && current?.etag !== onlyIf.etag) return false;
      await this.names(at.container).add(at.name);
      await rename(from, to).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        await mkdir(dirname(to), { recursive: true });
        await rename(from, to);
      });
      await flushDirectory(dirname(to));
      return true;
    });
  }
}

async function fill(file: FileHandle, name: string, body: AsyncIterable<Buffer>, write: BlobWrite) {
  let storedBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  for await (const piece of inPieces(body, WRITE_BYTES)) {
    await writing;
    // Written while the next piece is read.
    writing = file.writeFile(piece);
    writing.catch(() => undefined);
    storedBytes += piece.length;
  }
  await writing;
  const { contentType, metadata, encoding } = write;
  const stored: StoredBlob = {
    name,
    storedBytes,
    ...write.digest(),
    contentType,
    metadata,
    encoding,
    etag: randomUUID().replaceAll('-', ''),
    createdAt: new Date(),
  };
  await file.writeFile(factsBlock(stored));
  await file.sync();
  return stored;
}
