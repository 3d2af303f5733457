import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { BlobRangeError } from '../../blob.errors.js';
import { freshName, streamOf, type ContractSubject } from './fixture.js';

/** Parts of blobs. */
export function ranges({ store }: ContractSubject): void {
  const size = 3 * 1024 * 1024 + 777;
  const data = randomBytes(size);

  it('reads any part', async () => {
    const name = freshName();
    await store().put(name, streamOf(data));
    const MiB = 1024 * 1024;
    const parts: [number, number][] = [
      [0, 0],
      [0, size - 1],
      [5, 5],
      [MiB - 1, MiB],
      [MiB, 2 * MiB - 1],
      [MiB - 10, 2 * MiB + 10],
      [size - 1, size - 1],
      [256 * 1024 - 1, 256 * 1024 + 1],
    ];
    for (const [start, end] of parts) {
      const content = await store().get(name, { range: { start, end } });
      expect(content.range).toEqual({ start, end });
      expect(content.info.size).toBe(size);
      const bytes = Buffer.concat(await content.stream.toArray());
      expect(bytes.equals(data.subarray(start, end + 1)), `${start}-${end}`).toBe(true);
    }
    const open = await store().get(name, { range: { start: size - 100 } });
    expect(Buffer.concat(await open.stream.toArray()).equals(data.subarray(-100))).toBe(true);
    const last = await store().get(name, { range: { last: 2 * MiB } });
    expect(Buffer.concat(await last.stream.toArray()).equals(data.subarray(-2 * MiB))).toBe(true);
    const beyond = await store().get(name, { range: { start: size - 1, end: size + 1_000 } });
    expect(beyond.range).toEqual({ start: size - 1, end: size - 1 });
    beyond.stream.destroy();
  });

  it('refuses what lies outside', async () => {
    const [name, empty] = [freshName(), freshName()];
    await store().put(name, 'four');
    await store().put(empty, '');
    for (const range of [{ start: 4 }, { start: 2, end: 1 }, { start: -1 }, { last: 0 }, { start: 0.5 }])
      await expect(store().get(name, { range })).rejects.toBeInstanceOf(BlobRangeError);
    await expect(store().get(empty, { range: { start: 0 } })).rejects.toBeInstanceOf(BlobRangeError);
  });
}
