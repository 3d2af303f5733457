import { mkdir, open, readdir, rename, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { factsAt } from './blob-file.js';
import { escaped, fileOf, hashOf, keyOf, nameOf, pathOfLong, unescaped } from './blob-path.js';
import type { NameLock } from './name-lock.js';
import { flushDirectory, type TemporaryFiles } from './temporary-files.js';

/** Names in one leaf; with more, half of them move to a new one. */
const FULL = 512;
const MAX_LEAF_NAME = 180;

/** Times that the leaf of a name may be another one by the time the name is in it. */
const MAX_DIVIDED = 20;

/** What is in a leaf: file names by key, in order. */
interface Leaf {
  files: Map<string, string>;
  /** Beyond the end of the leaf. */
  strays: Map<string, string>;
  /** Where the next leaf begins. */
  end?: string;
}

/**
 * The names of a container in their order, so that a page of a listing reads a few of them: empty files in directories
 * ("leaves"), each called after where it begins; it ends where the next one begins. What is beyond its end counts for
 * nothing: so a leaf is divided by making the new one whole under another name, renaming it, then clearing the old.
 *
 * A blob's name is entered before the blob is there and removed after it is gone, so an entry may be of no blob.
 */
export class NameIndex {
  private readonly directory: string;

  constructor(
    private readonly container: string,
    private readonly lock: NameLock,
    private readonly temporary: TemporaryFiles,
    private readonly full = FULL,
  ) {
    this.directory = join(container, 'names');
  }

  /** Under the lock of the name. */
  async add(name: string): Promise<void> {
    const [key, file] = [keyOf(name), fileOf(name)];
    for (let attempt = 0; attempt < MAX_DIVIDED; attempt++) {
      const leaf = await this.leafOf(key);
      // Divided or removed meanwhile, it is not where readers look.
      if (!(await this.enter(leaf, file)) || leaf !== (await this.leafOf(key))) continue;
      if (looksForFull(name)) await this.lock.run(this.directory, () => this.divide(leaf));
      return;
    }
    throw new Error('the directory of its name changed again and again');
  }

  /** Under the lock of the name. */
  async remove(name: string): Promise<void> {
    const leaf = await this.leafOf(keyOf(name));
    await unlink(join(this.path(leaf), fileOf(name))).catch(orMissing);
    // Refused as long as there is anything in it; the first is always needed.
    if (leaf !== '') await rmdir(this.path(leaf)).catch(() => undefined);
  }

  /** Names that begin so, in order, after a given one. */
  async *list(prefix: string, after?: string): AsyncGenerator<string> {
    const beginning = keyOf(prefix);
    let from = beginning;
    if (after !== undefined && keyOf(after) >= from) from = `${keyOf(after)}\0`;
    for (;;) {
      const { files, end } = await this.read(await this.leafOf(from));
      if (end !== undefined && end <= from) continue;
      for (const key of files.keys()) {
        if (key < from) continue;
        if (!key.startsWith(beginning)) return;
        yield nameOf(key);
      }
      if (!end?.startsWith(beginning)) return;
      from = end;
    }
  }

  /** Names where nobody looks: a divider has died, or a mount has shown a writer an old state. */
  async *strays(): AsyncGenerator<{ name: string; path: string }> {
    for (const leaf of await this.leaves())
      for (const [key, file] of (await this.read(leaf)).strays)
        yield { name: nameOf(key), path: join(this.path(leaf), file) };
  }

  private path(leaf: string): string {
    return join(this.directory, `=${escaped(leaf)}`);
  }

  private async leaves(): Promise<string[]> {
    return (await entries(this.directory)).map((directory) => unescaped(directory.slice(1))).sort();
  }

  private async leafOf(key: string): Promise<string> {
    return (await this.leaves()).findLast((from) => from <= key) ?? '';
  }

  private async read(leaf: string): Promise<Leaf> {
    const found = await entries(this.path(leaf));
    // Asked for afterwards: what a divider has taken away by now is beyond this end.
    const end = (await this.leaves()).find((from) => from > leaf);
    const keyed: [string, string][] = [];
    for (const file of found) {
      const key = await this.keyOfFile(file);
      if (key !== undefined) keyed.push([key, file]);
    }
    keyed.sort(([one], [other]) => (one < other ? -1 : 1));
    const isWithin = ([key]: [string, string]) => end === undefined || key < end;
    return { files: new Map(keyed.filter(isWithin)), strays: new Map(keyed.filter((entry) => !isWithin(entry))), end };
  }

  /** Undefined for a name that only its blob knows, which is gone. */
  private async keyOfFile(file: string): Promise<string | undefined> {
    const long = pathOfLong(file);
    if (long === undefined) return unescaped(file);
    const blob = await factsAt(join(this.container, long));
    return blob ? keyOf(blob.name) : undefined;
  }

  private async enter(leaf: string, file: string): Promise<boolean> {
    const path = this.path(leaf);
    try {
      await (await open(join(path, file), 'wx')).close();
      await flushDirectory(path);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return true;
      if (code !== 'ENOENT') throw error;
      await mkdir(this.path(''), { recursive: true });
      return false;
    }
  }

  private async divide(leaf: string): Promise<void> {
    const { files, end } = await this.read(leaf);
    const from = files.size > this.full ? boundary([...files.keys()]) : undefined;
    if (from === undefined) return;
    const fresh = this.temporary.newPath();
    await mkdir(fresh);
    for (const [key, file] of files) if (key >= from) await writeFile(join(fresh, file), '');
    await flushDirectory(fresh);
    await rename(fresh, this.path(from));
    await flushDirectory(this.directory);
    // What is there now: names that were entered meanwhile go along.
    for (const [key, file] of (await this.read(leaf)).strays)
      if (end === undefined || key < end)
        await rename(join(this.path(leaf), file), join(this.path(from), file)).catch(orMissing);
    await flushDirectory(this.path(from));
  }
}

/** Where to divide: no more of the middle name than tells it from the one before. Undefined where even that is too long. */
function boundary(keys: string[]): string | undefined {
  const middle = Math.floor(keys.length / 2);
  const [before, key] = [keys[middle - 1], keys[middle]];
  let common = 0;
  while (before[common] === key[common]) common++;
  const from = key.slice(0, common + 1);
  return escaped(from).length <= MAX_LEAF_NAME ? from : undefined;
}

/** One of sixteen names: so that nobody needs to count. */
function looksForFull(name: string): boolean {
  return hashOf(name).startsWith('0');
}

async function entries(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(orMissing)) ?? [];
}

function orMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
