import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { freshName, LARGE_BYTES, sha256, streamOf, type ContractSubject } from './fixture.js';

/** What goes in comes out. */
export function contents({ store, other }: ContractSubject): void {
  it('gives back what was put, and all that is known about it', async () => {
    const name = freshName('.txt');
    const put = await store().put(name, 'grüße', {
      contentType: 'text/plain; charset=utf-8',
      metadata: { owner: 'Zoë/42', empty: '' },
    });
    expect(put).toMatchObject({ name, size: 7, sha256: sha256('grüße'), contentType: 'text/plain; charset=utf-8' });
    expect(put.metadata).toEqual({ owner: 'Zoë/42', empty: '' });
    expect(Math.abs(put.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
    expect(await store().stat(name)).toEqual(put);
    const { info, stream, range } = await store().get(name);
    expect(info).toEqual(put);
    expect(range).toBeUndefined();
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('grüße');
  });

  it.each([0, 1, 65_536, 1024 * 1024, 1024 * 1024 + 1, LARGE_BYTES])('streams %i bytes', async (bytes) => {
    const name = freshName();
    const data = randomBytes(bytes);
    const put = await store().put(name, streamOf(data));
    expect(put).toMatchObject({ size: bytes, sha256: sha256(data) });
    expect(await store().stat(name)).toMatchObject({ size: bytes, sha256: sha256(data) });
    expect((await store().getBuffer(name)).equals(data)).toBe(true);
  });

  it('takes buffers, byte arrays, web streams and iterables', async () => {
    const data = randomBytes(100_000);
    const sources = [
      data,
      new Uint8Array(data),
      new Blob([data]).stream(),
      (async function* () {
        yield data.subarray(0, 10);
        yield data.subarray(10);
      })(),
    ];
    for (const source of sources) {
      const name = freshName();
      await store().put(name, source);
      expect((await store().getBuffer(name)).equals(data)).toBe(true);
    }
  });

  it('keeps names apart that differ in case, in script, or in a suffix', async () => {
    const base = freshName('');
    const names = ['a', 'A', 'ä', 'a.', '日本', 'a/b', 'a b', "a'%_b", '.hidden', 'a'.repeat(200)]
      .filter((ending) => !ending.endsWith('.'))
      .map((ending) => `${base}/${ending}`);
    for (const name of names) await store().put(name, name);
    for (const name of names) expect((await store().getBuffer(name)).toString()).toBe(name);
  });

  it('keeps containers apart', async () => {
    const name = freshName();
    await store().put(name, 'one');
    expect(await other().exists(name)).toBe(false);
    await other().put(name, 'two');
    expect((await store().getBuffer(name)).toString()).toBe('one');
  });

  it('copies and moves, also over containers', async () => {
    const [from, to, moved, elsewhere] = [freshName(), freshName(), freshName(), freshName()];
    const data = randomBytes(1_500_000);
    await store().put(from, data, { contentType: 'image/png', metadata: { a: 'b' } });
    const kept = { size: data.length, sha256: sha256(data), contentType: 'image/png', metadata: { a: 'b' } };
    expect(await store().copy(from, to)).toMatchObject({ ...kept, name: to });
    await store().delete(from);
    expect(await store().move(to, moved)).toMatchObject({ ...kept, name: moved });
    expect(await store().exists(to)).toBe(false);
    expect(await store().copy(moved, elsewhere, { to: other() })).toMatchObject({ ...kept, name: elsewhere });
    expect((await other().getBuffer(elsewhere)).equals(data)).toBe(true);
  });
}
