// npm run benchmarks: writes docs/benchmarks.md and the README's table from reports/bench-*.json. npm run bench does it too.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { root } from './run.mjs';

/** The rows that the README shows, in its words. */
const FIRST_SCREEN = {
  'cache/frozen-cold': 'a cold cached read while Redis is frozen, p99',
  'cache/stampede': 'runs of the factory when 8 processes with 1,000 callers each miss one key',
  'cache/fill-race-key-other': 'stale values after 100 invalidations that met a running factory',
  'cache/l1-hit': 'hits in the process',
  'lock/redis-hand-off': '50 waiters for one lock: from one holder to the next',
  'lock/lost-signal-frozen': 'Redis frozen: until the holder of a 2 s lease is told (10,000: never)',
  'workers/takeover-redis': 'replica killed in mid-run: until another runs it',
  'workers/lateness-p99-redis': 'lateness of a scheduled run, p99',
  'jobs/redis-process-32': 'jobs worked off on Redis',
  'realtime/redis-burst-history': 'messages in a burst, kept for recovery',
  'packages/import': 'import of our own code of all modules',
};
const INTRODUCTION = `# Benchmarks

Made from \`reports/bench-*.json\` by \`npm run benchmarks\`; \`npm run bench\` measures everything again. Ours and the others
run in one process or in sets of processes of one kind, by turns, against the same private Redis and PostgreSQL on
loopback; figures are medians. **Read the ratios**: they stay when the machine changes, the figures do not. In brackets
stands how many times better Rookery is, so that a number under 1 means that it is worse. The spread is half the distance
between the slowest and the fastest round. A bound is what we want to hold, and whether it held in this run.`;

/** All that the reports say, as docs/benchmarks.md. */
export function benchmarks() {
  return formatted([INTRODUCTION, ...namesOfBenches().map(section)].join('\n\n'));
}

/** README.md with the table of the present reports. */
export function readme() {
  const lines = Object.entries(FIRST_SCREEN).flatMap(([path, what]) => {
    const [name, id] = path.split('/');
    const row = resultsOf(name).rows.find((one) => one.id === id);
    return row ? [`| ${what} | ${row.unit} | ${figure(row.ours)} | ${others(row, false)} |`] : [];
  });
  const table = ['| Measured in one run | Unit | Rookery | Others |', '| --- | --- | ---: | --- |', ...lines].join(
    '\n',
  );
  const text = readFileSync(join(root, 'README.md'), 'utf8');
  return formatted(
    text.replace(/(<!-- benchmarks -->\n)[^]*(<!-- \/benchmarks -->)/, (_, from, to) => `${from}\n${table}\n\n${to}`),
  );
}

export async function writeBenchmarks() {
  writeFileSync(join(root, 'docs/benchmarks.md'), await benchmarks());
  writeFileSync(join(root, 'README.md'), await readme());
}

function namesOfBenches() {
  return readdirSync(join(root, 'bench')).flatMap((file) => /^(.+)\.bench\.ts$/.exec(file)?.[1] ?? []);
}

function section(name) {
  const notes = readFileSync(join(root, `bench/${name}.md`), 'utf8').trim();
  const { rows, environments } = resultsOf(name);
  if (rows.length === 0) return `${notes}\n\nNot measured yet: \`npm run bench -- ${name}\`.`;
  const lines = rows.map((row) => {
    const spread = row.spread === undefined ? '' : `± ${Math.round(row.spread * 100)} %`;
    const bound = `${row.must.replace('ours ', '')}: ${row.holds ? 'held' : '**missed**'}`;
    return `| ${row.what} (\`${row.id}\`) | ${row.unit} | ${figure(row.ours)} | ${others(row, true)} | ${spread} | ${bound} |`;
  });
  const head = ['| What | Unit | Rookery | Others | Spread | Bound |', '| --- | --- | ---: | --- | ---: | --- |'];
  return [notes, [...head, ...lines].join('\n'), environments.join('\n')].join('\n\n');
}

/** A bench can be run in parts, each with a report of its own: the newest figure of a row counts. */
function resultsOf(name) {
  const newestLast = reports()
    .filter((report) => report.name === name)
    .sort((a, b) => a.date.localeCompare(b.date));
  const latest = new Map();
  for (const report of newestLast) for (const row of report.rows) latest.set(row.id, { row, report });
  const used = newestLast.filter((report) => [...latest.values()].some((one) => one.report === report));
  return { rows: [...latest.values()].map(({ row }) => row), environments: used.map(environment) };
}

function reports() {
  const folder = join(root, 'reports');
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => /^bench-.+\.json$/.test(file)) : [];
  return files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
}

function environment({ date, node, cpus, versions, stores = {} }) {
  const named = Object.entries({ ...versions, ...stores }).map(
    ([name, version]) => `${name} ${version.replace(/^v/, '')}`,
  );
  return `Measured on ${date.slice(0, 10)} with Node ${node.slice(1)} on ${cpus}: ${named.join(', ')}.`;
}

/** `fastest` only repeats one of the others, for the sake of the bound. */
function others({ ours, rivals, better }, withRatio) {
  const shown = Object.entries(rivals).filter(([name]) => name !== 'fastest');
  return shown
    .map(([name, theirs]) => {
      const ratio = better === 'lower' ? theirs / ours : ours / theirs;
      return `${name} ${figure(theirs)}${withRatio && Number.isFinite(ratio) && ratio > 0 ? ` (${figure(ratio, 2)})` : ''}`;
    })
    .join(', ');
}

function figure(value, digits = 3) {
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(digits));
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 6 });
}

async function formatted(text) {
  const file = join(root, 'docs/benchmarks.md');
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeBenchmarks();
