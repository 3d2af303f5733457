// What the machine offers to keep state in, and how to get what is missing.
import { connect } from 'node:net';
import { Problem, say, withoutPassword } from './console.mjs';
import { isOnPath, output, run } from './run.mjs';

/** What can serve as Redis here: `'url'` (REDIS_URL), `'program'`, `'docker'`, or undefined. */
export function redisAtHand() {
  if (process.env.REDIS_URL) return 'url';
  if (isOnPath('redis-server')) return 'program';
  if (isOnPath('docker') && output('docker', ['info'])) return 'docker';
  return undefined;
}

/** The same, but gets one by apt-get where that can be done without asking. */
export async function redisForTests() {
  const found = redisAtHand();
  if (found) return found;
  if (process.getuid?.() === 0 && isOnPath('apt-get')) {
    say('No Redis here: installing redis-server by apt-get ...');
    const quiet = {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    };
    await run('apt-get', ['update', '-q'], quiet);
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'redis-server'], quiet);
    if (isOnPath('redis-server')) return 'program';
  }
  throw new Problem(
    'The tests need a real Redis, and none was found: there is no redis-server on the PATH, REDIS_URL is not set, and Docker does not answer. Install one (Debian/Ubuntu: sudo apt-get install redis-server; macOS: brew install redis), or start Docker, and run npm test again. PostgreSQL needs nothing: it comes as an npm package.',
  );
}

/** Lets S3_ENDPOINT lead to an S3 server, a container where there is none yet; without Docker it stays unset. */
export async function s3ForTests() {
  if (process.env.S3_ENDPOINT) return;
  const { startS3 } = await import('../libs/testing/dist/index.js');
  try {
    const { url, accessKeyId, secretAccessKey } = await startS3();
    const AWS = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    Object.assign(process.env, { S3_ENDPOINT: url, ...AWS });
  } catch (error) {
    if (error.code !== 'S3_NOT_FOUND') say(error.message);
  }
}

/** Fails with one paragraph when nothing listens where a variable points, before anything else is started. */
export async function checkReachable(variable) {
  const value = process.env[variable];
  if (!value) return;
  if (!URL.canParse(value) || !new URL(value).hostname) {
    throw new Problem(`${variable} is not a URL. It should look like ${examples[variable]}, or be unset.`);
  }
  const { hostname, port, protocol } = new URL(value);
  const problem = await whyUnreachable(hostname, Number(port || (defaultPorts[protocol] ?? 5432)));
  if (!problem) return;
  throw new Problem(
    `${variable} is ${withoutPassword(value)}, but nothing answers there (${problem}). Start that server, correct the variable, or unset it to have one started for you.`,
  );
}

const defaultPorts = { 'redis:': 6379, 'rediss:': 6379, 'http:': 80, 'https:': 443 };
const examples = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  DATABASE_URL: 'postgres://user:password@127.0.0.1:5432/database',
  S3_ENDPOINT: 'http://127.0.0.1:9000',
};

function whyUnreachable(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (problem) => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(3_000, () => done('no answer within 3 seconds'));
    socket.once('connect', () => done(undefined));
    socket.once('error', (error) => done(error.code ?? error.message));
  });
}
