// npm start: three replicas of the sample behind a load balancer, with everything they need. Ctrl-C leaves nothing behind.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, Problem, say, secondsSince, withoutPassword } from './console.mjs';
import { prepare } from './prepare.mjs';
import { root } from './run.mjs';
import { checkReachable, redisAtHand } from './services.mjs';

const help = `
npm start -- [--backend memory|redis|postgres] [--replicas 3] [--port 3000] [--smoke]

  --backend   where the replicas keep what they share; by default redis where one is found, else postgres
  --replicas  how many processes, from 1 to 16
  --port      where the load balancer listens
  --smoke     start, check that the cluster works, print a table, stop
`;

await main(async () => {
  const flags = readFlags();
  if (flags.help) return say(help);
  await Promise.all([checkPort(flags.port), checkReachable('REDIS_URL'), checkReachable('DATABASE_URL')]);
  const choice = chooseBackend(flags.backend);
  await prepare();

  const from = performance.now();
  const { startCluster } = await import('../libs/testing/dist/index.js');
  say(
    `Starting ${flags.replicas} ${flags.replicas === 1 ? 'replica' : 'replicas'} on ${choice.backend} (${choice.why}) ...`,
  );
  const cluster = await startCluster({
    entry: join(root, 'apps/sample/dist/main.js'),
    replicas: flags.replicas,
    port: flags.port,
    backend: choice.backend,
    stores: choice.stores,
    redis: process.env.REDIS_URL,
    postgres: process.env.DATABASE_URL,
    env: { NODE_ENV: process.env.NODE_ENV ?? 'development' },
  });
  if (flags.smoke) return smoke(cluster);
  supervise(cluster);
  await importExample(cluster);
  say(`Ready after ${secondsSince(from)}.`);
  say(whatToTry(cluster));
});

function readFlags() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        backend: { type: 'string' },
        replicas: { type: 'string', default: '3' },
        port: { type: 'string', default: '3000' },
        smoke: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new Problem(`${error.message}\n${help}`);
  }
  const { backend, smoke: isSmoke, help: wantsHelp } = values;
  if (backend !== undefined && !['memory', 'redis', 'postgres'].includes(backend)) {
    throw new Problem(`--backend is "${backend}", but it can be memory, redis or postgres.`);
  }
  return {
    backend,
    smoke: isSmoke,
    help: wantsHelp,
    replicas: wholeNumber('--replicas', values.replicas, 1, 16),
    port: wholeNumber('--port', values.port, 1, 65_535),
  };
}

function wholeNumber(flag, text, least, most) {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new Problem(`${flag} is "${text}", but it can be a whole number from ${least} to ${most}.`);
}

function checkPort(port) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', ({ code }) => {
      const why = code === 'EADDRINUSE' ? 'another program listens there' : `the system says ${code}`;
      reject(new Problem(`Port ${port} cannot be used: ${why}. Take another one: npm start -- --port ${port + 1}`));
    });
    probe.listen(port, '127.0.0.1', () => probe.close(resolve));
  });
}

/** The sample's own tables are always in PostgreSQL; the backend is where the cluster keeps its state. */
function chooseBackend(asked) {
  const redis = redisAtHand();
  const backend = asked ?? (redis ? 'redis' : 'postgres');
  if (backend === 'redis' && !redis) {
    throw new Problem(
      '--backend is redis, but no Redis was found. Install redis-server, set REDIS_URL, or leave the flag out: without Redis the cluster runs on PostgreSQL, which comes as an npm package.',
    );
  }
  const reasons = {
    url: `REDIS_URL, ${process.env.REDIS_URL && withoutPassword(process.env.REDIS_URL)}`,
    program: 'a private redis-server was found on the PATH',
    docker: 'a private Redis in Docker',
  };
  const why = backend === 'redis' ? reasons[redis] : asked ? 'as asked' : 'no Redis was found';
  return { backend, why, stores: backend === 'redis' ? ['redis', 'postgres'] : ['postgres'] };
}

async function importExample(cluster) {
  const file = join(root, 'apps/sample/data/subscriptions.csv');
  if (!existsSync(file)) return;
  const response = await fetch(`${cluster.url}/subscriptions/import`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: readFileSync(file),
  });
  if (!response.ok)
    throw new Problem(`The example subscriptions were refused: ${response.status} ${await response.text()}`);
}

async function smoke(cluster) {
  try {
    const sample = await import('../apps/sample/smoke.mjs');
    const rows = await sample.smoke(cluster.url, cluster);
    const width = Math.max(...rows.map(({ check }) => check.length));
    say(
      `\n${rows.map(({ check, result, ok }) => `  ${ok ? 'ok    ' : 'FAILED'}  ${check.padEnd(width)}  ${result}`).join('\n')}\n`,
    );
    if (!rows.every(({ ok }) => ok)) process.exitCode = 1;
  } catch (error) {
    cluster.replicas.forEach(({ id }, index) => say(`${id} printed:\n${cluster.logs(index).slice(-3_000)}`));
    throw error;
  } finally {
    await cluster.stop();
  }
}

/** As in production: a replica that dies is started again. Ctrl-C ends all; twice, without letting them finish. */
function supervise(cluster) {
  let stopping = false;
  const stop = async () => {
    if (!stopping) {
      stopping = true;
      say('\nStopping; once more to stop at once ...');
      await cluster.stopAll();
    }
    await cluster.stop();
    process.exit();
  };
  const startAgain = async ({ id, pid }, index) => {
    if (pid !== undefined || stopping) return;
    say(`${id} has ended and is started again.`);
    await cluster.start(index).catch((error) => say(error.message));
  };
  setInterval(() => cluster.replicas.forEach((replica, index) => void startAgain(replica, index)), 3_000);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop());
}

function whatToTry(cluster) {
  const lines = cluster.replicas.map(({ id, url, pid }) => `  ${id.padEnd(14)} ${url}   pid ${pid}`);
  return `
  Load balancer  ${cluster.url}
${lines.join('\n')}

  Try:
    open ${cluster.url} and reload: another replica answers
    curl ${cluster.url}/replicas
    open ${cluster.url}/cluster for the dashboard, /queues for the jobs, /api for all endpoints
    kill -9 ${cluster.replicas.at(-1).pid} and go on: nobody notices, and it comes back
  Ctrl-C stops everything and leaves nothing behind.
`;
}
