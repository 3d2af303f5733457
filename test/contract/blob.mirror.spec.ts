import { randomBytes } from 'node:crypto';
import { memoryBlobs, mirror } from '@rookery/blob';
import { blobDriverContract, chaosBlobs } from '@rookery/blob/testing';
import { describe, expect, it } from 'vitest';
import { openStore } from './blob.app.js';

blobDriverContract('two stores at once', async () => ({ driver: mirror(memoryBlobs(), memoryBlobs()) }));

describe('mirror', () => {
  it('reads from the copy while the first store fails', async () => {
    const first = chaosBlobs(memoryBlobs());
    await using blobs = await openStore({ driver: mirror(first.driver, memoryBlobs()) });
    const data = randomBytes(300_000);
    const put = await blobs.store.put('kept.bin', data, { contentType: 'image/png', metadata: { a: 'b' } });
    first.fail('stat', 'read', 'list');
    const { size, sha256, contentType, metadata } = put;
    expect(await blobs.store.stat('kept.bin')).toMatchObject({ size, sha256, contentType, metadata });
    expect((await blobs.store.getBuffer('kept.bin')).equals(data)).toBe(true);
    expect((await blobs.store.list()).entries.map(({ name }) => name)).toEqual(['kept.bin']);
  });

  it('takes a put that a copy refuses, and not one that the first refuses', async () => {
    const [first, copy] = [chaosBlobs(memoryBlobs()), chaosBlobs(memoryBlobs())];
    await using blobs = await openStore({ driver: mirror(first.driver, copy.driver) });
    copy.fail('write');
    await blobs.store.put('one', 'x');
    expect(await blobs.store.exists('one')).toBe(true);
    copy.heal();
    first.fail('write');
    await expect(blobs.store.put('two', 'x')).rejects.toMatchObject({ code: 'ROOKERY_BLOB_STORE', status: 503 });
    first.heal();
    expect(await blobs.store.exists('two')).toBe(false);
  });

  it('deletes everywhere', async () => {
    const copy = memoryBlobs();
    await using blobs = await openStore({ driver: mirror(memoryBlobs(), copy) });
    await using behind = await openStore({ driver: copy });
    await blobs.store.put('gone', 'x');
    expect(await behind.store.exists('gone')).toBe(true);
    expect(await blobs.store.delete('gone')).toBe(true);
    expect(await behind.store.exists('gone')).toBe(false);
  });
});
