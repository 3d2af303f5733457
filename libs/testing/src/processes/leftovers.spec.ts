import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';

const packageDirectory = fileURLToPath(new URL('../../', import.meta.url));

// The built package, because plain node is what has to be killed here.
beforeAll(() => {
  execFileSync('npx', ['tsc', '-b', join(packageDirectory, 'tsconfig.build.json')], { stdio: 'inherit' });
});

/** Starts a cluster in a process of its own, with the newest of its replicas frozen, then ends that process. */
async function endWith(ending: string, signal?: NodeJS.Signals) {
  const directory = mkdtempSync(join(tmpdir(), 'leftovers-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  // A root that becomes nobody for PostgreSQL has to get in here.
  execFileSync('chmod', ['755', directory]);
  const script = `
    import { startCluster } from '${packageDirectory}dist/index.js';
    const cluster = await startCluster({ entry: '${packageDirectory}fixtures/app.mjs', backend: 'redis', replicas: 2 });
    await cluster.pause(1);
    await cluster.postgres.pause();
    console.log(JSON.stringify([cluster.redis.port, cluster.postgres.port, ...cluster.replicas.map(({ pid }) => pid)]));
    ${ending}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: process.env.PATH, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const [redisPort, postgresPort, ...pids] = JSON.parse(line) as number[];
  expect(readdirSync(directory)).toHaveLength(3);
  if (signal) child.kill(signal);
  return { directory, pids, ports: [redisPort!, postgresPort!] };
}

it.each([
  ['by itself, without stop()', 'process.exit(0)', undefined],
  ['by an error', 'throw new Error()', undefined],
  ['by Ctrl-C', '', 'SIGINT'],
  ['by SIGKILL', '', 'SIGKILL'],
] as const)('leaves nothing running and nothing on disk when its process ends %s', async (_how, ending, signal) => {
  const { directory, pids, ports } = await endWith(ending, signal);
  await vi.waitFor(() => expect(readdirSync(directory)).toEqual([]), 20_000);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  for (const port of ports) await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed');
});
