import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { dockerAnswers } from '../compose/docker.js';
import { guardian } from '../processes/guardian.js';
import { GuardedProcess } from '../processes/guarded-process.js';
import type { PrivateDirectory } from '../processes/private-directory.js';
import { TestingError } from '../testing.errors.js';
import { ContainerProcess } from './container-process.js';
import { findProgram } from './find-program.js';

const IMAGE = 'redis:7-alpine';

/** What runs Redis here: `redis-server` from the PATH or, without one, Docker. */
export type RedisProgram = 'redis-server' | 'docker';

/** @throws TestingError `REDIS_NOT_FOUND` when there is neither. */
export function redisProgram(): RedisProgram {
  if (findProgram('redis-server')) return 'redis-server';
  if (dockerAnswers()) return 'docker';
  throw new TestingError(
    'REDIS_NOT_FOUND',
    'No redis-server is on the PATH and Docker does not answer. Install Redis (Debian/Ubuntu: apt-get install redis-server; macOS: brew install redis) or start Docker.',
  );
}

/** A Redis with these settings that listens on 127.0.0.1 and keeps its files in the directory. */
export function redisProcess(
  program: RedisProgram,
  port: number,
  settings: Record<string, string>,
  directory: PrivateDirectory,
): GuardedProcess {
  const logFile = join(directory.path, 'redis.log');
  const asArguments = (all: Record<string, string>) =>
    Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  if (program === 'redis-server') {
    const own = { port: String(port), bind: '127.0.0.1', dir: directory.path, ...settings };
    return new GuardedProcess({ command: program, args: asArguments(own), env: { PATH: process.env.PATH }, logFile });
  }
  const container = `rookery-redis-${randomBytes(4).toString('hex')}`;
  // As ourselves, so that we can remove its files.
  const run = ['run', '--rm', '--name', container, '--user', `${process.getuid?.()}:${process.getgid?.()}`];
  const mounts = ['--publish', `127.0.0.1:${port}:6379`, '--volume', `${directory.path}:/data`];
  const args = [
    ...run,
    ...mounts,
    IMAGE,
    'redis-server',
    ...asArguments({ dir: '/data', 'protected-mode': 'no', ...settings }),
  ];
  guardian.guardCommand('docker', ['rm', '--force', container], process.env);
  return new ContainerProcess(container, { command: program, args, env: process.env, logFile, lastSignal: 'SIGTERM' });
}
