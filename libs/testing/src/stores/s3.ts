import { randomBytes } from 'node:crypto';
import { docker, dockerAnswers } from '../compose/docker.js';
import { freePort } from '../processes/free-port.js';
import { guardian } from '../processes/guardian.js';
import { eventually } from '../processes/within.js';
import { TestingError } from '../testing.errors.js';

const IMAGE = 'minio/minio';
const START_TIMEOUT_MS = 120_000;

/** A private S3 server. It has no buckets yet. */
export interface S3Handle {
  /** Where clients connect, with `forcePathStyle`. */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts an S3 server of our own on 127.0.0.1, in a container. It is stopped and its data are removed by `stop()`, or
 * when this process ends in whatever way.
 *
 * @throws TestingError `S3_NOT_FOUND` without Docker, `DOCKER_FAILED`, `START_TIMEOUT`.
 * @example
 * const { url, accessKeyId, secretAccessKey, stop } = await startS3();
 */
export async function startS3(): Promise<S3Handle> {
  if (!dockerAnswers())
    throw new TestingError('S3_NOT_FOUND', 'An S3 server runs in a container, and Docker does not answer. Start it.');
  const port = await freePort();
  const [accessKeyId, secretAccessKey] = [randomBytes(10).toString('hex'), randomBytes(20).toString('hex')];
  const container = `rookery-s3-${randomBytes(4).toString('hex')}`;
  const remove = ['rm', '--force', '--volumes', container];
  const settings = ['--env', 'MINIO_ROOT_USER', '--env', 'MINIO_ROOT_PASSWORD'];
  const args = ['run', '--detach', '--name', container, '--publish', `127.0.0.1:${port}:9000`, ...settings];
  // By the environment, where the list of processes does not show them.
  const env = { ...process.env, MINIO_ROOT_USER: accessKeyId, MINIO_ROOT_PASSWORD: secretAccessKey };
  guardian.guardCommand('docker', remove, process.env);
  const stop = async () => {
    await docker(remove);
    guardian.releaseCommand(remove);
  };
  const url = `http://127.0.0.1:${port}`;
  await docker([...args, IMAGE, 'server', '/data'], env);
  if (await eventually(START_TIMEOUT_MS, () => isLive(url), 250)) return { url, accessKeyId, secretAccessKey, stop };
  await stop();
  throw new TestingError('START_TIMEOUT', `S3 on port ${port} did not answer within ${START_TIMEOUT_MS} ms.`);
}

async function isLive(url: string): Promise<boolean> {
  const giveUp = new AbortController();
  // Not AbortSignal.timeout(): its timer does not keep the process, and neither does a fetch that hangs.
  const timer = setTimeout(() => giveUp.abort(), 2_000);
  try {
    return (await fetch(`${url}/minio/health/live`, { signal: giveUp.signal })).ok;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
