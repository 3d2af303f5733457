import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A clone of this repository without anything installed or built, as a user has it. */
export async function bareClone() {
  const path = await mkdtemp(join(tmpdir(), 'rookery-clone-'));
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${process.cwd()}`, path]);
  return { secondsToFirstAnswer: () => start(path), remove: () => rm(path, { recursive: true }) };
}

/** `npm start` until the load balancer has answered once; ends it again. */
async function start(cwd: string): Promise<number> {
  const port = await freePort();
  const { ROOKERY_BACKEND: _, ...env } = process.env;
  const from = performance.now();
  const child = spawn('npm', ['start', '--', '--port', String(port)], { cwd, env, stdio: 'ignore', detached: true });
  const ended = once(child, 'exit');
  try {
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}.`);
      await wait(50);
    }
    return (performance.now() - from) / 1_000;
  } finally {
    process.kill(-child.pid!, 'SIGINT');
    await ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const answers = (port: number) =>
  fetch(`http://127.0.0.1:${port}/plans`).then(
    ({ ok }) => ok,
    () => false,
  );
