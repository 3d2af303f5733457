// docker-compose.yml as it stands, worker and all, in each of its variants: builds, gets healthy, keeps what it is given.
import { run, output } from './run.mjs';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const PORT = '18417';

export const VARIANTS = [
  { name: 'docker compose up', services: ['balancer', 'postgres', 'redis', 'web', 'worker'] },
  {
    name: 'docker compose --profile s3 up',
    profile: 's3',
    env: { BLOBS_S3_URL: 'http://s3:9000/subscriptions' },
    services: ['balancer', 'postgres', 'redis', 's3', 'web', 'worker'],
  },
  {
    name: 'docker compose -f deploy/postgres-only.yml up',
    files: ['docker-compose.yml', 'deploy/postgres-only.yml'],
    services: ['balancer', 'postgres', 'web', 'worker'],
  },
];

/** Brings a variant up, asks it, takes it down; resolves whether all of that was as it should be. */
export async function asShipped({ files = ['docker-compose.yml'], profile, env, services }) {
  const options = { env: { ...process.env, PORT, ...env } };
  const project = ['compose', '--project-name', 'rookery-as-shipped', ...files.flatMap((file) => ['--file', file])];
  const compose = [...project, ...(profile ? ['--profile', profile] : [])];
  let works = false;
  try {
    const up = [...compose, 'up', '--build', '--detach', '--wait', '--quiet-pull'];
    if ((await run('docker', up, options)) !== 0) throw new Error('It did not get healthy.');
    const running = output('docker', [...compose, 'ps', '--services'])
      .trim()
      .split('\n')
      .sort();
    if (running.join() !== services.join()) throw new Error(`${running} run, but ${services} should.`);
    await ask();
    const inDatabase = Number(output('docker', [...compose, 'exec', '-T', 'postgres', ...COUNT_BLOBS]));
    if (inDatabase > 0 === Boolean(env?.BLOBS_S3_URL)) throw new Error(`${inDatabase} blobs are in the database.`);
    works = true;
  } catch (error) {
    console.error(error);
    await run('docker', [...compose, 'logs', '--tail', '30'], options);
  }
  const down = await run('docker', [...compose, 'down', '--volumes', '--timeout', '40'], options);
  return works && down === 0;
}

const COUNT_BLOBS = ['psql', '--username=app', '--tuples-only', '--command', 'select count(*) from rookery.blobs'];

/** A picture that one replica took is there for the others, and a renewal's receipt comes from the worker. */
async function ask() {
  const wanted = { customer: 'Ada', email: 'ada@example.org', plan: 'pro', daysLeft: 3 };
  const headers = { 'Content-Type': 'application/json' };
  const { id } = await json('/subscriptions', { method: 'POST', headers, body: JSON.stringify(wanted) });
  const body = new FormData();
  body.append('file', new Blob([PNG], { type: 'image/png' }), 'me.png');
  await json(`/subscriptions/${id}/avatar`, { method: 'PUT', body });
  for (let replica = 0; replica < 3; replica++) {
    const picture = Buffer.from(await (await answer(`/subscriptions/${id}/avatar`)).arrayBuffer());
    if (!picture.equals(PNG)) throw new Error('The picture that came back is another one.');
  }
  await json(`/subscriptions/${id}/renew`, { method: 'POST' });
  for (let tries = 0; (await json('/emails')).total === 0; tries++) {
    if (tries === 60) throw new Error('No receipt came within 60 s.');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

const json = async (path, init) => (await answer(path, init)).json();

async function answer(path, init) {
  const response = await fetch(`http://127.0.0.1:${PORT}${path}`, init);
  if (response.ok) return response;
  throw new Error(`${init?.method ?? 'GET'} ${path} answered ${response.status}: ${await response.text()}`);
}
