import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../bin/guardian.mjs', import.meta.url));

/** One per process: a helper that ends our children and removes our directories, however this process ends. */
let helper: ChildProcess | undefined;

function tell(order: Record<string, unknown>): void {
  helper ??= startHelper();
  helper.stdin?.write(`${JSON.stringify(order)}\n`);
}

function startHelper(): ChildProcess {
  // Detached: Ctrl-C reaches the whole foreground group, and this helper has to live through it.
  const child = spawn(process.execPath, [script], {
    detached: true,
    cwd: '/',
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  const input = child.stdin as (typeof child.stdin & { unref?(): void }) | null;
  input?.unref?.();
  input?.on('error', () => (helper = undefined));
  return child;
}

/** Hands processes and directories to the guardian, and takes them back once they are gone. */
export const guardian = {
  guard: (pid: number, signal: NodeJS.Signals) => tell({ do: 'guard', pid, signal }),
  release: (pid: number) => tell({ do: 'release', pid }),
  /** A command to run at the end, before directories go: for what does not die with a process. */
  guardCommand: (command: string, args: string[], env: NodeJS.ProcessEnv) =>
    tell({ do: 'guardCommand', command, args, env }),
  releaseCommand: (args: string[]) => tell({ do: 'releaseCommand', args }),
  guardDirectory: (path: string) => tell({ do: 'guardDirectory', path }),
  releaseDirectory: (path: string) => tell({ do: 'releaseDirectory', path }),
};
