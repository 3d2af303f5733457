import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BlobStore } from '@rookery/blob';
import { describe, expect, it } from 'vitest';
import { openStore } from '../contract/blob.app.js';
import { places, s3Endpoint } from './fixtures/blob.places.js';
import { randomOf, scale, scenario } from './report.js';

const writer = fileURLToPath(new URL('./fixtures/blob.writer.mjs', import.meta.url));

describe.skipIf(s3Endpoint)('S3 (was not tested: S3_ENDPOINT names no server)', () => {
  it('is left out of what follows', () => expect(Object.keys(places)).not.toContain('s3'));
});

/** One whole version: every byte the same, all bytes there, and the checksum right (or reading would fail). */
async function isWhole(store: BlobStore, name: string): Promise<boolean> {
  const bytes = await store.getBuffer(name);
  return bytes.length === 96 * 128 * 1024 && bytes.every((byte) => byte === bytes[0]);
}

describe.each(Object.keys(places))('blobs in %s', (kind) => {
  it('are whole or not there when their writer is killed, and what it left is swept', async () => {
    const fault = 'writer killed at any point of a put';
    const must = 'old blob intact, nothing half visible, what was left is swept';
    const row = scenario({ id: 'blob-writer-killed', backend: kind, fault, must });
    const place = await places[kind]();
    const random = randomOf(`blob-writer-${kind}`);
    await using blobs = await openStore({ driver: place.driver(), graceMs: 0, sweepEveryMs: 0 });
    await blobs.store.put('victim', Buffer.alloc(96 * 128 * 1024, 1));
    let [left, last] = [0, 1];
    for (; row.operations < 3 * scale; row.operations++) {
      const env = { ...process.env, KIND: kind, WHERE: place.where, FIRST: String(last + 1) };
      const child = spawn(process.execPath, [writer], { env, stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(child, 'exit');
      child.stdout.on('data', (lines: Buffer) => (last = Number(lines.toString().trim().split('\n').at(-1))));
      await Promise.race([once(child.stdout, 'data'), ended]);
      await wait(random() * 600);
      child.kill('SIGKILL');
      expect(await ended).toEqual([null, 'SIGKILL']);
      for await (const { name } of blobs.store.listAll()) if (!(await isWhole(blobs.store, name))) row.violations++;
      left = Math.max(left, await place.leftovers());
      // Keeps the rounds equally long.
      for await (const { name } of blobs.store.listAll({ prefix: 'new-' })) await blobs.store.delete(name);
    }
    expect(row.violations).toBe(0);
    expect(left, 'no kill has hit a put in its middle').toBeGreaterThan(0);
    await wait(1_100);
    await blobs.sweep();
    expect(await place.leftovers()).toBe(0);
    expect(await isWhole(blobs.store, 'victim')).toBe(true);
    await place.remove();
  }, 300_000);

  it('are read as one whole version by 20 readers while two replicas overwrite them', async () => {
    const fault = 'two replicas overwrite under 20 readers';
    const row = scenario({ id: 'blob-overwrite', backend: kind, fault, must: 'every reader gets one whole version' });
    const place = await places[kind]();
    await using one = await openStore({ driver: place.driver(), sweepEveryMs: 0 });
    await using two = await openStore({ driver: place.driver(), sweepEveryMs: 0 });
    const size = 2_200_000;
    const random = randomOf(`blob-overwrite-${kind}`);
    await one.store.put('shared', Buffer.alloc(size, 7));
    let writing = true;
    const readers = Array.from({ length: 20 }, async (_, index) => {
      const { store } = index % 2 ? one : two;
      while (writing) {
        const { info, stream } = await store.get('shared');
        let [bytes, first, mixed] = [0, -1, false];
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          if (first < 0) first = chunk[0];
          mixed ||= !chunk.equals(Buffer.alloc(chunk.length, first));
          bytes += chunk.length;
          if (random() < 0.1) await wait(random() * 30);
        }
        if (mixed || bytes !== info.size) row.violations++;
        row.operations++;
      }
    });
    const write = async ({ store }: typeof one) => {
      for (let version = 0; version < 5 * scale; version++)
        await store.put('shared', Buffer.alloc(size, Math.floor(random() * 251)), { overwrite: true });
    };
    await Promise.all([write(one), write(two)]).finally(() => (writing = false));
    await Promise.all(readers);
    expect(row.violations).toBe(0);
    expect(row.operations).toBeGreaterThan(20);
    await place.remove();
  }, 300_000);
});
