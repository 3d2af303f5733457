import { createHash } from 'node:crypto';
import { mkdir, open, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** What is done under the lock takes milliseconds; a lock this old belongs to a process that died. */
const STALE_MS = 30_000;

/** One writer per blob at a time, in this process and in others on the same directory: a file that only one can create. */
export class NameLock {
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(private readonly directory: string) {}

  /** Runs `work` alone for this path. */
  run<T>(path: string, work: () => Promise<T>): Promise<T> {
    const result = (this.turns.get(path) ?? Promise.resolve()).then(() => this.locked(path, work));
    const turn = result.then(
      () => undefined,
      () => undefined,
    );
    this.turns.set(path, turn);
    void turn.then(() => {
      if (this.turns.get(path) === turn) this.turns.delete(path);
    });
    return result;
  }

  private async locked<T>(path: string, work: () => Promise<T>): Promise<T> {
    const lock = join(this.directory, createHash('sha256').update(path).digest('hex'));
    while (!(await this.take(lock))) await wait(5);
    try {
      return await work();
    } finally {
      await unlink(lock);
    }
  }

  private async take(lock: string): Promise<boolean> {
    try {
      await (await open(lock, 'wx')).close();
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') await mkdir(dirname(lock), { recursive: true });
      else if (code !== 'EEXIST') throw error;
      else await this.dropIfStale(lock);
      return false;
    }
  }

  private async dropIfStale(lock: string): Promise<void> {
    const found = await stat(lock).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > STALE_MS) await unlink(lock).catch(() => undefined);
  }
}
