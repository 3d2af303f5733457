import type { StoredEntry } from '../../cache.driver.js';
import { ForeignDataError } from '../../cache.driver.js';

interface Asked {
  resolve: (entry: StoredEntry | undefined) => void;
  reject: (error: unknown) => void;
}

/** Makes one statement of all the reads that are asked for in the same tick. */
export class GetBatch {
  private asked: Map<string, Asked[]> | undefined;

  constructor(private readonly read: (names: string[]) => Promise<Map<string, string>>) {}

  get(name: string): Promise<StoredEntry | undefined> {
    return new Promise((resolve, reject) => {
      if (!this.asked) {
        this.asked = new Map();
        queueMicrotask(() => void this.send());
      }
      const others = this.asked.get(name);
      if (others) others.push({ resolve, reject });
      else this.asked.set(name, [{ resolve, reject }]);
    });
  }

  private async send(): Promise<void> {
    const asked = this.asked!;
    this.asked = undefined;
    try {
      const bodies = await this.read([...asked.keys()]);
      for (const [name, callers] of asked) for (const caller of callers) answer(caller, bodies.get(name));
    } catch (error) {
      for (const callers of asked.values()) for (const { reject } of callers) reject(error);
    }
  }
}

function answer({ resolve, reject }: Asked, body: string | undefined): void {
  try {
    resolve(body === undefined ? undefined : (JSON.parse(body) as StoredEntry));
  } catch (error) {
    reject(new ForeignDataError('it is not JSON', { cause: error }));
  }
}
