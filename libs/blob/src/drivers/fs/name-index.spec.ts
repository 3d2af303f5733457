import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NameIndex } from './name-index.js';
import { NameLock } from './name-lock.js';
import { TemporaryFiles } from './temporary-files.js';

const FULL = 8;

describe('the names of a container on a disk', () => {
  let root: string;
  let names: NameIndex;
  let replica: () => NameIndex;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'rookery-names-'));
    const temporary = new TemporaryFiles(join(root, 'writing'));
    await temporary.prepare();
    replica = () => new NameIndex(join(root, 'c'), new NameLock(join(root, 'locks')), temporary, FULL);
    names = replica();
  });
  afterEach(() => rm(root, { recursive: true }));

  const listed = (prefix = '', after?: string): Promise<string[]> => Readable.from(names.list(prefix, after)).toArray();
  const leaves = () => readdir(join(root, 'c', 'names'));
  const many = (count: number) => Array.from({ length: count }, (_, index) => `n/${(index * 7919) % 10_007}`);

  it('are listed in order while replicas add and remove some, and no directory gets large', async () => {
    const [kept, added, gone] = [many(900).slice(0, 300), many(900).slice(300, 600), many(900).slice(600)];
    for (const name of [...kept, ...gone]) await names.add(name);
    let working = true;
    const reader = (async () => {
      while (working) {
        const found = await listed();
        expect(found).toEqual([...found].sort());
        expect(new Set(found).size).toBe(found.length);
        expect(kept.filter((name) => !found.includes(name))).toEqual([]);
      }
    })();
    const [one, other, third] = [replica(), replica(), replica()];
    await Promise.all([
      ...[one, other].map(async (writer, which) => {
        for (const [index, name] of added.entries()) if (index % 2 === which) await writer.add(name);
      }),
      (async () => {
        for (const name of gone) await third.remove(name);
      })(),
    ]).finally(() => (working = false));
    await reader;
    // Removed while its directory was divided, a name may be left over; whoever lists finds no blob there.
    for (const name of gone) await names.remove(name);
    expect(await listed()).toEqual([...kept, ...added].sort());
    for (const leaf of await leaves())
      expect((await readdir(join(root, 'c', 'names', leaf))).length).toBeLessThan(20 * FULL);
    for (const name of [...kept, ...added]) await names.remove(name);
    expect(await listed()).toEqual([]);
    expect(await leaves()).toEqual(['=']);
  });

  it('are listed from anywhere on', async () => {
    const all = [...many(200), 'a', 'n', 'n/', 'n/5', 'o', 'é', '日', '😀'].filter((name) => !name.endsWith('/'));
    for (const name of all) await names.add(name);
    expect((await leaves()).length).toBeGreaterThan(3);
    const sorted = [...new Set(all)].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    expect(await listed()).toEqual(sorted);
    for (const [index, name] of sorted.entries()) expect(await listed('', name)).toEqual(sorted.slice(index + 1));
    for (const prefix of ['n', 'n/', 'n/1', 'n/9999', 'o', 'zz', '日'])
      expect(await listed(prefix)).toEqual(sorted.filter((name) => name.startsWith(prefix)));
    expect(await listed('n/', 'n/5')).toEqual(sorted.filter((name) => name.startsWith('n/') && name > 'n/5'));
  });

  it('are all there, once, when the process that divided them died', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await names.add(name);
    const leaf = (from: string) => join(root, 'c', 'names', `=${from}`);
    // Before the new directory has its name: nothing has happened.
    await mkdir(join(root, 'writing', 'half'));
    await writeFile(join(root, 'writing', 'half', 'c'), '');
    expect(await listed()).toEqual(['a', 'b', 'c', 'd']);
    // After that: the old one still has what is in both. A writer who saw an old state has put "e" there, too.
    await writeFile(join(root, 'writing', 'half', 'd'), '');
    await rename(join(root, 'writing', 'half'), leaf('c'));
    await writeFile(join(leaf(''), 'e'), '');
    expect(await listed()).toEqual(['a', 'b', 'c', 'd']);
    expect(await listed('', 'b')).toEqual(['c', 'd']);
    const strays = (await Readable.from(names.strays()).toArray()) as { name: string }[];
    expect(strays.map(({ name }) => name)).toEqual(['c', 'd', 'e']);
  });

  describe('divided in the very moment', () => {
    /** Lets the look at the directories that comes next see what was there before. */
    const dividedAfterLook = (number: number) => {
      const index = names as unknown as { leaves(): Promise<string[]> };
      const look = index.leaves.bind(names);
      const looks = vi.spyOn(index, 'leaves');
      looks.mockImplementation(async () => {
        const before = await look();
        if (looks.mock.calls.length === number) {
          await mkdir(join(root, 'c', 'names', '=c'));
          for (const name of ['c', 'd'])
            await rename(join(root, 'c', 'names', '=', name), join(root, 'c', 'names', '=c', name));
        }
        return before;
      });
    };
    beforeEach(async () => {
      for (const name of ['a', 'b', 'c', 'd']) await names.add(name);
    });

    it.each([1, 2])('are all listed: after look %i', async (look) => {
      dividedAfterLook(look);
      expect(await listed()).toEqual(['a', 'b', 'c', 'd']);
    });

    it('take one more where readers look for it', async () => {
      dividedAfterLook(1);
      await names.add('e');
      expect(await listed()).toEqual(['a', 'b', 'c', 'd', 'e']);
    });
  });
});
