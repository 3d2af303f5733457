import { memoryBlobs, migrate } from '@rookery/blob';
import { blobDriverContract } from '@rookery/blob/testing';
import { describe, expect, it } from 'vitest';
import { openStore } from './blob.app.js';

blobDriverContract('a store on the move', async () => ({ driver: migrate(memoryBlobs(), memoryBlobs()) }));

describe('migrate', () => {
  it('finds what is still in the old store, and moves it without a stop', async () => {
    const [from, to] = [memoryBlobs(), memoryBlobs()];
    await using old = await openStore({ driver: from });
    for (const name of ['a', 'b', 'c', 'd']) await old.store.put(name, `old ${name}`, { metadata: { of: name } });
    await using both = await openStore({ driver: migrate(from, to) });
    await using fresh = await openStore({ driver: to });

    expect((await both.store.getBuffer('a')).toString()).toBe('old a');
    await expect(both.store.put('a', 'x')).rejects.toMatchObject({ code: 'ROOKERY_BLOB_EXISTS' });
    await both.store.put('b', 'new b', { overwrite: true });
    const { etag } = (await both.store.stat('c'))!;
    await both.store.put('c', 'new c', { ifMatch: etag });
    await expect(both.store.put('c', 'late', { ifMatch: etag })).rejects.toMatchObject({ status: 412 });
    expect(await both.store.delete('d')).toBe(true);
    expect(await both.store.exists('d')).toBe(false);
    await both.store.put('e', 'new e');
    expect((await both.store.list()).entries.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'e']);

    for await (const { name } of both.store.listAll({ limit: 2 })) await both.store.rewrite(name);
    expect((await fresh.store.getBuffer('a')).toString()).toBe('old a');
    expect((await fresh.store.stat('a'))!.metadata).toEqual({ of: 'a' });
    expect((await fresh.store.list()).entries.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'e']);
    expect((await fresh.store.getBuffer('b')).toString()).toBe('new b');
  });
});
