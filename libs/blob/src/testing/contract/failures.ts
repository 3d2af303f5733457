import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { BlobIncompleteError, BlobTooLargeError, BlobTypeError } from '../../blob.errors.js';
import { failingStream, freshName, LARGE_BYTES, sha256, streamOf, type ContractSubject } from './fixture.js';

/** What does not arrive whole is not there at all. */
export function failures({ store, other }: ContractSubject): void {
  it.each([0, 100_000, LARGE_BYTES])('keeps the old blob when the source breaks after %i bytes', async (bytes) => {
    const name = freshName();
    await store().put(name, 'old');
    const error = new Error('the client went away');
    await expect(store().put(name, failingStream(bytes, error), { overwrite: true })).rejects.toBe(error);
    expect((await store().getBuffer(name)).toString()).toBe('old');
    const fresh = freshName();
    await expect(store().put(fresh, failingStream(bytes, error))).rejects.toBe(error);
    expect(await store().exists(fresh)).toBe(false);
  });

  it('gives up a put when its signal aborts, also while the source is silent', async () => {
    const name = freshName();
    const giveUp = new AbortController();
    const silent = new Readable({ read: () => undefined });
    silent.push(randomBytes(100_000));
    const put = store().put(name, silent, { signal: giveUp.signal });
    const reason = new Error('not wanted any more');
    setTimeout(() => giveUp.abort(reason), 50);
    await expect(put).rejects.toBe(reason);
    expect(silent.destroyed).toBe(true);
    expect(await store().exists(name)).toBe(false);
    await expect(store().put(name, 'x', { signal: giveUp.signal })).rejects.toBe(reason);
  });

  it('gives up a get when its signal aborts', async () => {
    const name = freshName();
    await store().put(name, streamOf(randomBytes(LARGE_BYTES)));
    const giveUp = new AbortController();
    const { stream } = await store().get(name, { signal: giveUp.signal });
    const reader = stream[Symbol.asyncIterator]();
    await reader.next();
    const reason = new Error('not wanted any more');
    giveUp.abort(reason);
    const rest = async () => {
      while (!(await reader.next()).done);
    };
    await expect(rest()).rejects.toBe(reason);
  });

  it('can be left off in the middle of reading', async () => {
    const name = freshName();
    await store().put(name, streamOf(randomBytes(LARGE_BYTES)));
    for (let round = 0; round < 20; round++) {
      const { stream } = await store().get(name);
      if (round % 2) for await (const _ of stream) break;
      else stream.destroy();
    }
    expect((await store().getBuffer(name)).length).toBe(LARGE_BYTES);
  });

  it('refuses what is not as announced', async () => {
    const name = freshName();
    const data = randomBytes(70_000);
    await expect(store().put(name, data, { sizeBytes: 70_001 })).rejects.toBeInstanceOf(BlobIncompleteError);
    await expect(store().put(name, data, { sizeBytes: 69_999 })).rejects.toBeInstanceOf(BlobIncompleteError);
    await expect(store().put(name, data, { sha256: sha256('other') })).rejects.toBeInstanceOf(BlobIncompleteError);
    expect(await store().exists(name)).toBe(false);
    await store().put(name, data, { sizeBytes: 70_000, sha256: sha256(data) });
  });

  it('refuses what the container does not take', async () => {
    const name = freshName();
    const tooLarge = other().put(name, streamOf(randomBytes(2_000_001)), { contentType: 'text/plain' });
    await expect(tooLarge).rejects.toBeInstanceOf(BlobTooLargeError);
    await expect(other().put(name, 'x', { contentType: 'text/html' })).rejects.toBeInstanceOf(BlobTypeError);
    expect(await other().exists(name)).toBe(false);
    await expect(store().getBuffer(await named(), { maxBytes: 9 })).rejects.toBeInstanceOf(BlobTooLargeError);

    async function named() {
      return (await store().put(freshName(), '0123456789')).name;
    }
  });
}
