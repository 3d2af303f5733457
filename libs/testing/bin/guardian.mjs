// Outlives the process that started it by a moment, and clears up behind it. It reads what to guard from its standard
// input, which the operating system closes however that process ends: by itself, by Ctrl-C, by SIGKILL.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** @type {Map<number, NodeJS.Signals>} processes to end, and the signal that ends each */
const processes = new Map();
/** @type {Set<string>} directories to remove after them */
const directories = new Set();
/** @type {Map<string, { command: string, args: string[], env: Record<string, string> }>} commands to run at the end */
const commands = new Map();

const orders = {
  guard: ({ pid, signal }) => processes.set(pid, signal),
  release: ({ pid }) => processes.delete(pid),
  guardCommand: (order) => commands.set(order.args.join(' '), order),
  releaseCommand: ({ args }) => commands.delete(args.join(' ')),
  guardDirectory: ({ path }) => directories.add(path),
  releaseDirectory: ({ path }) => directories.delete(path),
};

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  orders[order.do]?.(order);
}

for (const [pid, signal] of processes) {
  send(pid, signal);
  // Whoever was frozen takes its signal when it goes on; PostgreSQL waits for its children.
  for (const frozen of [...childrenOf(pid), pid]) send(frozen, 'SIGCONT');
}
await allGone(8_000);
for (const pid of processes.keys()) send(pid, 'SIGKILL');
await allGone(2_000);
for (const { command, args, env } of commands.values()) spawnSync(command, args, { env, stdio: 'ignore' });
await Promise.all([...directories].map((path) => rm(path, { recursive: true, force: true, maxRetries: 5 })));

async function allGone(withinMs) {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline && [...processes.keys()].some((pid) => send(pid, 0))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // gone, or a system without /proc: PostgreSQL then ends them itself after 5 seconds
  }
}

function send(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // already gone
  }
}
