/** Longest wait for the keys whose fate is still open, e.g. because the store is slow to tell. */
const PATIENCE_MS = 300;

/** Makes the values of many keys. What it leaves out is not kept. */
export type ManyFactory<T> = (missing: string[]) => ReadonlyMap<string, T> | Promise<ReadonlyMap<string, T>>;

interface Wanted<T> {
  resolve: (value: T | undefined) => void;
  reject: (error: unknown) => void;
}

/** Makes one call of a factory for many keys out of the fills that each of them gets. */
export class FillBatch<T> {
  private wanted = new Map<string, Wanted<T>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private undecided: number,
    private readonly factory: ManyFactory<T>,
  ) {}

  /** The key's factory: it waits until all keys are decided, or for a moment. */
  make(key: string): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.wanted.set(key, { resolve, reject });
      this.timer ??= setTimeout(() => void this.run(), PATIENCE_MS);
    });
  }

  /** A key needs the factory, has its value already, or is being filled by somebody else. */
  decided(): void {
    if (--this.undecided <= 0) void this.run();
  }

  private async run(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const wanted = this.wanted;
    this.wanted = new Map();
    if (wanted.size === 0) return;
    try {
      const values = await this.factory([...wanted.keys()]);
      for (const [key, { resolve }] of wanted) resolve(values.get(key));
    } catch (error) {
      for (const { reject } of wanted.values()) reject(error);
    }
  }
}
