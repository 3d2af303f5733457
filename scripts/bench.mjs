// npm run bench -- <name>[:<part>,...] ...: measures ours beside its rivals and writes reports/bench-<name>.json.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main, Problem, say, secondsSince } from './console.mjs';
import { prepare } from './prepare.mjs';
import { root, runTool } from './run.mjs';
import { checkReachable, redisForTests, s3ForTests } from './services.mjs';

const built = join(root, 'node_modules/.cache/rookery/bench');

await main(async () => {
  const all = readdirSync(join(root, 'bench')).flatMap((file) => /^(.+)\.bench\.ts$/.exec(file)?.[1] ?? []);
  const names = process.argv.length > 2 ? process.argv.slice(2) : all;
  const unknown = names.filter((name) => !all.includes(name.split(':')[0]));
  if (unknown.length > 0) throw new Problem(`There is no bench ${unknown.join(', ')}; there are: ${all.join(', ')}.`);

  await Promise.all(['REDIS_URL', 'DATABASE_URL', 'S3_ENDPOINT'].map(checkReachable));
  await redisForTests();
  await prepare();
  if ((await runTool('tsc', ['-p', 'bench'])) !== 0) throw new Problem('The benches do not compile; see above.');

  if (names.some((name) => name.split(':')[0] === 'blob')) await s3ForTests();
  const { startPostgres, startRedis } = await import('../libs/testing/dist/index.js');
  const redis = process.env.REDIS_URL ? undefined : await startRedis();
  const postgres = process.env.DATABASE_URL ? undefined : await startPostgres();
  const services = {
    redisUrl: process.env.REDIS_URL ?? redis.url,
    postgresUrl: process.env.DATABASE_URL ?? postgres.url,
  };
  const stores = await versionsOfStores(services);
  for (const name of names) await measure(name, services, stores);
  const { writeBenchmarks } = await import('./benchmarks.mjs');
  await writeBenchmarks();
  await Promise.all([redis?.stop(), postgres?.stop()]);
  process.exit(); // a rival's client that does not let go must not keep us
});

async function measure(asked, services, stores) {
  const from = performance.now();
  const [name, chosen] = asked.split(':');
  say(`\n${asked} ...`);
  const load = (file) => import(pathToFileURL(join(built, file)).href);
  const [{ holds }, { default: bench }] = await Promise.all([load('bench.js'), load(`${name}.bench.js`)]);
  const rows = [];
  for (const part of partsOf(name, bench, chosen))
    for (const row of await part(services)) rows.push({ ...row, holds: holds(row) });
  const report = {
    name,
    node: process.version,
    cpus: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    date: new Date().toISOString(),
    versions: versionsOf(rows),
    stores,
    rows,
  };
  mkdirSync(join(root, 'reports'), { recursive: true });
  const file = `reports/bench-${asked.replace(/[:,]/g, '-')}.json`;
  writeFileSync(join(root, file), `${JSON.stringify(report, null, 2)}\n`);
  rows.forEach(show);
  say(`${file}, after ${secondsSince(from)}`);
}

function partsOf(name, bench, chosen) {
  const parts = typeof bench === 'function' ? { all: bench } : bench;
  return (chosen?.split(',') ?? Object.keys(parts)).map((part) => {
    if (!parts[part]) throw new Problem(`${name} has no part ${part}; it has: ${Object.keys(parts).join(', ')}.`);
    return parts[part];
  });
}

function show({ id, what, unit, ours, rivals, must, holds }) {
  const figures = Object.entries({ ours, ...rivals }).map(([who, figure]) => `${who} ${rounded(figure)}`);
  say(`  ${holds ? 'holds ' : 'FAILS '} ${id}: ${what}, ${unit}: ${figures.join(', ')}   (${must})`);
}

function rounded(figure) {
  return Math.abs(figure) >= 100 ? Math.round(figure) : Number(figure.toPrecision(3));
}

/** The installed versions of the rivals that are packages, and of our own. */
function versionsOf(rows) {
  const versions = { rookery: versionIn('package.json') };
  for (const rival of new Set(rows.flatMap(({ rivals }) => Object.keys(rivals)))) {
    const [name] = rival.split(' '); // 'redis-adapter sharded' is one package in another mode
    for (const found of [name, `@socket.io/${name}`]) {
      const version = versionIn(`node_modules/${found}/package.json`);
      if (version) versions[found] = version;
    }
  }
  return versions;
}

async function versionsOfStores({ redisUrl, postgresUrl }) {
  const [{ Redis }, { default: pg }] = await Promise.all([import('ioredis'), import('pg')]);
  const redis = new Redis(redisUrl);
  const postgres = new pg.Client(postgresUrl);
  await postgres.connect();
  const [info, { rows }] = await Promise.all([redis.info('server'), postgres.query('show server_version')]);
  redis.disconnect();
  await postgres.end();
  return { Redis: /redis_version:(\S+)/.exec(info)[1], PostgreSQL: rows[0].server_version.split(' ')[0] };
}

function versionIn(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).version;
  } catch {
    return undefined; // a rival that is no package: a way of doing it by hand
  }
}
