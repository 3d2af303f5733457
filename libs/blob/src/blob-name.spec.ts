import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkBlobName, checkContainerName, checkMetadata, tenantContainer } from './blob-name.js';
import { BlobNameError } from './blob.errors.js';
import { blobPath, nameOf, unescaped } from './drivers/fs/blob-path.js';
import { FileSystemBlobDriver } from './drivers/fs/fs-blob.driver.js';

/** A small generator of its own (mulberry32), so that a failure can be replayed by its seed. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What paths are attacked with, beside anything at all. */
const MEAN = [
  '.. . / \\ // ../ ..\\ %2e%2e %00 \0 \n ~ : * ? " < > | con NUL aux.txt C: .rookery !2f !! swept a B 1 - _ ß'.split(
    ' ',
  ),
  [
    ' ',
    '\u2024',
    '\u2025',
    '\u2215',
    '\u2044',
    '\uff0f',
    '\uff0e',
    '\ufeff',
    '\u200b',
    '\u202e',
    '\ud800',
    'e\u0301',
    '😀',
  ],
].flat();

function names(count: number, seed: number): string[] {
  const next = random(seed);
  const pick = () => {
    if (next() < 0.7) return MEAN[Math.floor(next() * MEAN.length)];
    return String.fromCharCode(Math.floor(next() * 0x10000));
  };
  return Array.from({ length: count }, () => Array.from({ length: 1 + Math.floor(next() ** 3 * 90) }, pick).join(''));
}

describe('blob names', () => {
  it('are refused or safe: 100,000 names, and no path outside the container, no two names in one file', () => {
    const root = resolve('/srv/blobs');
    const home = join(root, 'c');
    const taken = new Map<string, string>();
    let accepted = 0;
    for (const given of names(100_000, 20_261_122)) {
      let name: string;
      try {
        name = checkBlobName(given);
      } catch (error) {
        expect(error).toBeInstanceOf(BlobNameError);
        continue;
      }
      accepted++;
      expect(checkBlobName(name)).toBe(name);
      const path = blobPath(root, 'c', name);
      if (!/^[0-9a-f]\/[0-9a-f]\/[a-z0-9!_-][a-z0-9!_.-]*$/.test(relative(home, path)) || resolve(path) !== path)
        throw new Error(`${JSON.stringify(given)} leads to ${path}`);
      const file = path.slice(path.lastIndexOf('/') + 1);
      if (!file.startsWith('!!') && nameOf(unescaped(file)) !== name)
        throw new Error(`${JSON.stringify(name)} is not read back`);
      if ((taken.get(path) ?? name) !== name) throw new Error(`two names share ${path}`);
      taken.set(path, name);
    }
    expect(accepted).toBeGreaterThan(5_000);
  });

  it('write nothing outside the directory', async () => {
    const outer = await mkdtemp(join(tmpdir(), 'rookery-names-'));
    const driver = new FileSystemBlobDriver(join(outer, 'blobs'), false);
    await driver.open();
    const write = {
      contentType: 'a/b',
      metadata: {},
      onlyIf: 'any' as const,
      digest: () => ({ size: 0, sha256: '' }),
      signal: new AbortController().signal,
    };
    for (const given of names(400, 7)) {
      let name: string;
      try {
        name = checkBlobName(given);
      } catch {
        continue;
      }
      await driver.write({ container: 'c', name }, (async function* () {})(), write);
      expect((await driver.stat({ container: 'c', name }))?.name).toBe(name);
    }
    expect(await readdir(outer)).toEqual(['blobs']);
    expect((await readdir(join(outer, 'blobs'))).sort()).toEqual(['.rookery', 'c']);
    await rm(outer, { recursive: true });
  });

  it.each([
    ['', 'empty'],
    ['a'.repeat(257), 'over 256 characters'],
    ['/etc/passwd', 'absolute'],
    ['a/', 'an empty last part'],
    ['a//b', 'an empty part'],
    ['../a', 'a parent'],
    ['a/../b', 'a parent within'],
    ['.', 'a dot'],
    ['a\\b', 'a backslash'],
    ['C:a', 'a colon'],
    ['a\0b', 'NUL'],
    ['a\nb', 'a control character'],
    ['a\u0085b', 'a C1 control character'],
    ['a\u200bb', 'a zero width space'],
    ['a\u202egnp.exe', 'a change of direction'],
    ['a\u2215b', 'a division slash'],
    ['\uff0e\uff0e/a', 'full width dots'],
    ['a\uff0fb', 'a full width slash'],
    ['a.', 'a trailing dot'],
    ['a ', 'a trailing space'],
    ['a. /b', 'a trailing space in a part'],
    ['a\ud800', 'half a character'],
    ['what?', 'a question mark'],
  ])('refuse %j: %s', (name) => {
    expect(() => checkBlobName(name)).toThrow(BlobNameError);
  });

  it('are one, however they are composed', () => {
    expect(checkBlobName('Zoe\u0308')).toBe('Zoë');
    expect(() => checkBlobName(42)).toThrow(BlobNameError);
    expect(checkBlobName('a'.repeat(256))).toHaveLength(256);
    expect(checkBlobName('.well-known/a b/日本.tar.gz')).toBe('.well-known/a b/日本.tar.gz');
  });

  it('of containers and tenants never meet', () => {
    expect(tenantContainer('invoices', '42')).toBe('invoices.42');
    expect(tenantContainer('invoices', undefined)).toBe('invoices');
    for (const tenant of ['', '../x', 'a.b', 'a/b', 'a'.repeat(65)])
      expect(() => tenantContainer('invoices', tenant)).toThrow(BlobNameError);
    for (const name of ['', 'A', 'a.b', 'a/b', '-a', 'a-', 'a'.repeat(64), 5])
      expect(() => checkContainerName(name)).toThrow(BlobNameError);
  });

  it('of metadata fit into headers', () => {
    expect(checkMetadata({ 'a-b_1': 'grün' })).toEqual({ 'a-b_1': 'grün' });
    for (const metadata of [
      { A: 'x' },
      { 'a b': 'x' },
      { a: 'x'.repeat(1_500) },
      { 'rookery-size': '1' },
      { a: '\ud800' },
    ])
      expect(() => checkMetadata(metadata as never)).toThrow(BlobNameError);
    expect(() => checkMetadata({ a: 5 } as never)).toThrow(BlobNameError);
  });
});
