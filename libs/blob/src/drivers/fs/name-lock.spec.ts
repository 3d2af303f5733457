import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NameLock } from './name-lock.js';

describe('the lock of a blob in a directory', () => {
  let directory: string;
  beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'rookery-lock-'))));
  afterEach(() => rm(directory, { recursive: true }));

  it('lets one at a time in, also of two processes, and leaves nothing', async () => {
    const [one, other] = [new NameLock(directory), new NameLock(directory)];
    let [inside, most] = [0, 0];
    const work = async () => {
      most = Math.max(most, ++inside);
      await wait(5);
      inside--;
    };
    await Promise.all([one, other, one, other, one].map((lock) => lock.run('a', work)));
    await expect(one.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(most).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  it('of a process that died keeps nobody out for longer than a put may take', async () => {
    const lock = new NameLock(directory);
    await lock.run('a', async () => {
      const [name] = await readdir(directory);
      // What a killed process leaves behind.
      void wait(50).then(() => writeFile(join(directory, name), ''));
    });
    await wait(100);
    expect(await readdir(directory)).toHaveLength(1);
    const from = performance.now();
    await lock.run('a', async () => undefined);
    expect(performance.now() - from).toBeLessThan(9_000);
  });

  it('of a slow holder holds', async () => {
    const [one, other] = [new NameLock(directory), new NameLock(directory)];
    const order: string[] = [];
    const slow = one.run('a', async () => {
      order.push('begins');
      await wait(6_000);
      order.push('ends');
    });
    await wait(100);
    await other.run('a', async () => void order.push('other'));
    await slow;
    expect(order).toEqual(['begins', 'ends', 'other']);
  });
});
