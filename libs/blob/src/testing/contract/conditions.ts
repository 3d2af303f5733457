import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { BlobChangedError, BlobExistsError, BlobNotFoundError, BlobNotModifiedError } from '../../blob.errors.js';
import { freshName, sha256, type ContractSubject } from './fixture.js';

/** What is there already, what is not, and who wins. */
export function conditions({ store }: ContractSubject): void {
  it('tells that a blob is missing', async () => {
    const name = freshName();
    await expect(store().get(name)).rejects.toBeInstanceOf(BlobNotFoundError);
    await expect(store().copy(name, freshName())).rejects.toBeInstanceOf(BlobNotFoundError);
    await expect(store().move(name, freshName())).rejects.toBeInstanceOf(BlobNotFoundError);
    expect(await store().getOrNull(name)).toBeNull();
    expect(await store().stat(name)).toBeNull();
    expect(await store().exists(name)).toBe(false);
    expect(await store().delete(name)).toBe(false);
  });

  it('replaces only when told to', async () => {
    const name = freshName();
    const first = await store().put(name, 'one');
    await expect(store().put(name, 'two')).rejects.toBeInstanceOf(BlobExistsError);
    await expect(store().copy(name, name)).rejects.toBeInstanceOf(BlobExistsError);
    expect((await store().getBuffer(name)).toString()).toBe('one');
    const second = await store().put(name, 'two', { overwrite: true });
    expect(second.etag).not.toBe(first.etag);
    expect((await store().getBuffer(name)).toString()).toBe('two');
    expect(await store().delete(name)).toBe(true);
    expect(await store().exists(name)).toBe(false);
  });

  it('puts, gets and deletes only the version that was meant', async () => {
    const name = freshName();
    const { etag } = await store().put(name, 'one');
    await expect(store().put(freshName(), 'x', { ifMatch: etag })).rejects.toBeInstanceOf(BlobChangedError);
    const next = await store().put(name, 'two', { ifMatch: etag });
    await expect(store().put(name, 'three', { ifMatch: etag })).rejects.toBeInstanceOf(BlobChangedError);
    await expect(store().get(name, { ifMatch: etag })).rejects.toBeInstanceOf(BlobChangedError);
    await expect(store().get(name, { ifNoneMatch: next.etag })).rejects.toBeInstanceOf(BlobNotModifiedError);
    expect((await store().getBuffer(name, { ifMatch: next.etag, ifNoneMatch: etag })).toString()).toBe('two');
    expect(await store().delete(name, { ifMatch: etag })).toBe(false);
    expect(await store().delete(name, { ifMatch: next.etag })).toBe(true);
  });

  it('lets one of many writers of a new name win', async () => {
    const name = freshName();
    const writers = Array.from({ length: 8 }, (_, index) => store().put(name, `writer ${index}`));
    const results = await Promise.allSettled(writers);
    const won = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []));
    expect(won).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(BlobExistsError);
    expect((await store().getBuffer(name)).toString()).toBe(`writer ${won[0]}`);
  });

  it('gives readers one whole version while it is replaced', async () => {
    const name = freshName();
    const versions = Array.from({ length: 3 }, () => randomBytes(2_500_000));
    await store().put(name, versions[0]);
    const { stream } = await store().get(name);
    const reader = stream[Symbol.asyncIterator]();
    const chunks: Buffer[] = [(await reader.next()).value as Buffer];
    for (const version of versions.slice(1)) await store().put(name, version, { overwrite: true });
    for (let next = await reader.next(); !next.done; next = await reader.next()) chunks.push(next.value as Buffer);
    expect(sha256(Buffer.concat(chunks))).toBe(sha256(versions[0]));
    expect(sha256(await store().getBuffer(name))).toBe(sha256(versions[2]));
  });
}
