import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Assignment, RunMessage } from './worker.process.js';

const script = fileURLToPath(new URL('./worker.process.js', import.meta.url));

/** One run, and the replica that told of it. */
export type Run = RunMessage & { child: ChildProcess };

/** Some replicas of one contestant. */
export class Group {
  readonly runs: Run[] = [];
  private readonly children = new Set<ChildProcess>();

  constructor(
    private readonly contestant: string,
    private readonly assignment: Assignment,
  ) {}

  /** Starts replicas; resolves when they are ready. */
  async start(replicas: number): Promise<this> {
    const ready = Array.from({ length: replicas }, async () => {
      const child = fork(script, [this.contestant, JSON.stringify(this.assignment)], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      this.children.add(child);
      child.on('message', (message: RunMessage | string) => {
        if (typeof message === 'object' && 'task' in message) this.runs.push({ ...message, child });
      });
      await new Promise<void>((resolve) => child.on('message', (message) => message === 'ready' && resolve()));
    });
    await Promise.all(ready);
    return this;
  }

  /** Commands that all replicas together have sent to the store so far. */
  async commands(): Promise<number> {
    const counts = [...this.children].map(
      (child) =>
        new Promise<number>((resolve) => {
          const listen = (message: { commands?: number }) => {
            if (message.commands === undefined) return;
            child.off('message', listen);
            resolve(message.commands);
          };
          child.on('message', listen);
          child.send('count');
        }),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** SIGKILL. */
  async kill(child: ChildProcess): Promise<void> {
    this.children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    await Promise.all([...this.children].map((child) => this.kill(child)));
  }
}

/** Waits until `check` gives something, up to `timeoutMs`. */
export async function until<T>(check: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = check();
    if (found !== undefined || performance.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
