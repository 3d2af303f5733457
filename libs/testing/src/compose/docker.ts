import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram } from '../stores/find-program.js';
import { TestingError } from '../testing.errors.js';

const run = promisify(execFile);
const TIMEOUT_MS = 300_000;

/** Whether there is a Docker that can run containers. */
export function dockerAnswers(): boolean {
  return findProgram('docker') !== undefined && spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0;
}

/**
 * Runs a docker command and resolves what it printed.
 *
 * @throws TestingError `DOCKER_FAILED` with what docker said.
 */
export async function docker(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  try {
    return (await run('docker', args, { env, timeout: TIMEOUT_MS, maxBuffer: 50_000_000 })).stdout.trim();
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr ?? String(cause);
    throw new TestingError('DOCKER_FAILED', `docker ${args.join(' ')} failed: ${said.slice(-2_000)}`, { cause });
  }
}

/** What a container has printed. */
export function dockerLogs(container: string): string {
  return execFileSync('sh', ['-c', 'docker logs "$0" 2>&1', container], { encoding: 'utf8', maxBuffer: 50_000_000 });
}

/** Where a container is now. */
export interface ContainerState {
  pid: number;
  ip: string;
  exitCode: number;
}

/** Looks a container up. Its address is empty and its process id 0 while it does not run. */
export async function inspect(container: string): Promise<ContainerState> {
  const format = '{{.State.Pid}} {{.State.ExitCode}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  const [pid, exitCode, ip = ''] = (await docker(['inspect', '--format', format, container])).split(' ');
  return { pid: Number(pid), exitCode: Number(exitCode), ip };
}
