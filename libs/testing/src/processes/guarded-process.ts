import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { guardian } from './guardian.js';
import { freezeTree, thawTree } from './process-tree.js';
import { within } from './within.js';

/** How to start a program that must not outlive us. */
export interface ProcessOptions {
  command: string;
  args: string[];
  /** Everything it prints is appended here. A file, so that a busy parent never blocks the child. */
  logFile: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** What the guardian ends it with. @default 'SIGKILL' */
  lastSignal?: NodeJS.Signals;
}

/** How a program ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Whether it had to be killed because it did not end in time. */
  forced: boolean;
}

/** A program that is ended with us, can be frozen, and can be started again. */
export class GuardedProcess {
  private child: ChildProcess | undefined;
  private exit: Promise<void> = Promise.resolve();
  private frozen = false;
  private spawnError: Error | undefined;

  constructor(private readonly options: ProcessOptions) {}

  get pid(): number | undefined {
    return this.running ? this.child?.pid : undefined;
  }

  get running(): boolean {
    return this.child?.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** How it ended, in words; undefined while it runs or when it was never started. */
  get ending(): string | undefined {
    if (!this.child || this.running) return undefined;
    if (this.spawnError) return `could not be started (${this.spawnError.message})`;
    return this.child.signalCode
      ? `was ended by ${this.child.signalCode}`
      : `ended with exit code ${this.child.exitCode}`;
  }

  start(): void {
    const { command, args, env, cwd = '/', uid, gid, logFile, lastSignal = 'SIGKILL' } = this.options;
    const log = openSync(logFile, 'a');
    // Detached: Ctrl-C is for us, and we end our children in order.
    const child = spawn(command, args, { env, cwd, uid, gid, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    child.unref();
    this.child = child;
    this.frozen = false;
    const { pid } = child;
    this.exit = new Promise((resolve) => {
      child.once('error', (error) => {
        this.spawnError = error;
        resolve();
      });
      child.once('exit', () => {
        if (pid !== undefined) guardian.release(pid);
        resolve();
      });
    });
    if (pid !== undefined) guardian.guard(pid, lastSignal);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.child?.kill(signal);
  }

  freeze(): void {
    if (this.pid === undefined) return;
    freezeTree(this.pid);
    this.frozen = true;
  }

  thaw(): void {
    if (this.pid === undefined || !this.frozen) return;
    thawTree(this.pid);
    this.frozen = false;
  }

  /** Asks it to end, waits `graceMs`, then makes it. */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<Ending> {
    this.child?.ref(); // whoever waits for its end must live to see it
    this.signal(signal);
    this.thaw();
    const forced = !(await within(graceMs, this.exit)) && signal !== 'SIGKILL';
    this.signal('SIGKILL');
    await this.exit;
    return { code: this.child?.exitCode ?? null, signal: this.child?.signalCode ?? null, forced };
  }

  /** What it has printed so far. */
  logs(): string {
    return existsSync(this.options.logFile) ? readFileSync(this.options.logFile, 'utf8') : '';
  }
}
