import { createHash } from 'node:crypto';
import { mkdir, open, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** How often whoever has a lock says so. */
const BEAT_MS = 500;
/** A lock of which nothing was heard for so long belongs to a process that died. Well within the deadline of a put. */
const SILENT_MS = 4_000;

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
    await take(lock);
    const beat = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), BEAT_MS);
    try {
      return await work();
    } finally {
      clearInterval(beat);
      // What was done is done; should the file stay, it falls silent.
      await unlink(lock).catch(() => undefined);
    }
  }
}

/** Waits by its own clock whether the holder is heard of: those of two machines may differ. */
async function take(lock: string): Promise<void> {
  let heard = { change: NaN, at: 0 };
  while (!(await create(lock))) {
    await wait(5);
    const found = await stat(lock).catch(() => undefined);
    if (!found) continue;
    if (found.ctimeMs !== heard.change) heard = { change: found.ctimeMs, at: performance.now() };
    else if (performance.now() - heard.at > SILENT_MS) await unlink(lock).catch(() => undefined);
  }
}

async function create(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') await mkdir(dirname(lock), { recursive: true });
    else if (code !== 'EEXIST') throw error;
    return false;
  }
}
