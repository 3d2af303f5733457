import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Stops a process and its children where they stand. The parent goes first, so that it starts no new ones. */
export function freezeTree(pid: number): void {
  send(pid, 'SIGSTOP');
  for (const child of childrenOf(pid)) send(child, 'SIGSTOP');
}

/** Lets a process and its children go on after {@link freezeTree}. */
export function thawTree(pid: number): void {
  for (const child of childrenOf(pid)) send(child, 'SIGCONT');
  send(pid, 'SIGCONT');
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

function childrenOf(pid: number): number[] {
  if (process.platform === 'linux') return numbers(readOrEmpty(`/proc/${pid}/task/${pid}/children`));
  const table = execFileSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' }).trim().split('\n').map(numbers);
  return table.flatMap(([parent, child]) => (parent === pid && child !== undefined ? [child] : []));
}

function numbers(text: string): number[] {
  return text.trim().split(/\s+/).filter(Boolean).map(Number);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
