import { randomBytes } from 'node:crypto';
import { compression, encryption, memoryBlobs, type BlobDriver, type BlobPipeline } from '@rookery/blob';
import { describe, expect, it } from 'vitest';
import { openStore } from './blob.app.js';

const keys = { old: randomBytes(32), new: randomBytes(32).toString('base64') };

/** A store whose raw bytes can be looked at and changed. */
async function pair(pipeline: BlobPipeline) {
  const driver = memoryBlobs();
  const raw: BlobDriver = await driver.create({ dataSource: async () => undefined });
  const blobs = await openStore({ driver, defaults: { pipeline } });
  const bytes = async (name: string) => {
    const reading = await raw.read({ container: 'default', name }, {});
    return { ...reading!, data: Buffer.concat(await reading!.body.toArray()) };
  };
  const replace = async (name: string, data: Buffer) => {
    const { stored } = await bytes(name);
    const { contentType, metadata, encoding, size, sha256 = '' } = stored;
    const write = { contentType, metadata, encoding, onlyIf: 'any' as const, digest: () => ({ size, sha256 }) };
    await raw.write(
      { container: 'default', name },
      (async function* () {
        yield data;
      })(),
      { ...write, signal: new AbortController().signal },
    );
  };
  return { ...blobs, driver, bytes, replace };
}

describe('the pipeline', () => {
  it('keeps nothing readable in the store, and less of what can be compressed', async () => {
    await using blobs = await pair([compression(), encryption({ keys, current: 'new' })]);
    const text = Buffer.from('the same words again and again. '.repeat(50_000));
    const info = await blobs.store.put('text', text);
    const { data, stored } = await blobs.bytes('text');
    expect(info.size).toBe(text.length);
    expect(data.length).toBeLessThan(text.length / 10);
    expect(data.includes('same words')).toBe(false);
    expect(JSON.stringify(stored)).not.toContain(keys.new);
    expect((await blobs.store.getBuffer('text')).equals(text)).toBe(true);
    await blobs.store.put('again', text);
    expect((await blobs.bytes('again')).data.equals(data)).toBe(false);
  });

  it('reads what other settings wrote, as long as the keys are there', async () => {
    await using first = await pair([encryption({ keys: { old: keys.old }, current: 'old' })]);
    const data = randomBytes(700_000);
    await first.store.put('a', data);
    const rotated = [compression(), encryption({ keys, current: 'new' })];
    await using second = await openStore({ driver: first.driver, defaults: { pipeline: rotated } });
    expect((await second.store.getBuffer('a')).equals(data)).toBe(true);
    const range = { start: 262_000, end: 600_000 };
    const part = data.subarray(range.start, range.end + 1);
    expect((await second.store.getBuffer('a', { range })).equals(part)).toBe(true);
    await second.store.rewrite('a');
    await using third = await openStore({
      driver: first.driver,
      defaults: { pipeline: [encryption({ keys: { new: keys.new }, current: null })] },
    });
    expect((await third.store.getBuffer('a')).equals(data)).toBe(true);
    expect((await third.store.getBuffer('a', { range })).equals(part)).toBe(true);
    await third.store.put('plain', data);
    expect((await first.bytes('plain')).data.equals(data)).toBe(true);
    await using without = await openStore({ driver: first.driver });
    expect((await without.store.getBuffer('plain')).equals(data)).toBe(true);
    await expect(without.store.getBuffer('a')).rejects.toMatchObject({ code: 'ROOKERY_BLOB_CORRUPTED', status: 500 });
    await using other = await openStore({
      driver: first.driver,
      defaults: { pipeline: [encryption({ keys: { new: randomBytes(32) }, current: 'new' })] },
    });
    await expect(other.store.getBuffer('a')).rejects.toMatchObject({ code: 'ROOKERY_BLOB_CORRUPTED' });
  });

  it('notices every change: a bit, a missing end, pieces swapped', async () => {
    await using blobs = await pair([encryption({ keys, current: 'new' })]);
    const piece = 256 * 1024;
    const content = randomBytes(3 * piece);
    await blobs.store.put('a', content);
    const { data } = await blobs.bytes('a');
    const framed = 4 + piece + 16;
    const flipped = Buffer.from(data);
    flipped[framed + 100] ^= 1;
    const swapped = Buffer.concat([
      data.subarray(framed, 2 * framed),
      data.subarray(0, framed),
      data.subarray(2 * framed),
    ]);
    const cut = Buffer.concat([data.subarray(0, 2 * framed), data.subarray(3 * framed)]);
    const forged = Buffer.from(data);
    forged.writeUInt32BE(0xfffffff0, 0);
    for (const damaged of [flipped, swapped, cut, forged, data.subarray(0, 10)]) {
      await blobs.replace('a', damaged);
      await expect(blobs.store.getBuffer('a')).rejects.toMatchObject({ code: 'ROOKERY_BLOB_CORRUPTED' });
    }
    await blobs.replace('a', flipped);
    const within = { range: { start: piece, end: piece + 10 } };
    await expect(blobs.store.getBuffer('a', within)).rejects.toMatchObject({ code: 'ROOKERY_BLOB_CORRUPTED' });
    expect((await blobs.store.getBuffer('a', { range: { start: 5, end: 9 } })).equals(content.subarray(5, 10))).toBe(
      true,
    );
  });

  it('is checked at the start', () => {
    expect(() => encryption({ keys: { short: 'c2hvcnQ=' }, current: 'short' })).toThrow(/"short".*32 bytes/);
    expect(() => encryption({ keys, current: 'none' })).toThrow(/current/);
  });
});
