// npm run chaos: breaks clusters on purpose, longer than npm test does, and writes reports/chaos.json and the table in
// docs/guarantees.md.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main, Problem, say } from './console.mjs';
import { prepare } from './prepare.mjs';
import { runTool } from './run.mjs';
import { redisForTests, s3ForTests } from './services.mjs';

const help = `
npm run chaos -- [--seed 1] [--scale 5] [scenario ...]

  --seed    where the random choices start: the same seed makes the same choices
  --scale   how much longer than in npm test each scenario goes on
  scenario  a part of the file name of a spec in test/chaos; all of them without one
`;

await main(async () => {
  const { seed, scale, scenarios } = readFlags();
  await redisForTests();
  await prepare();
  await s3ForTests();
  const directory = mkdtempSync(join(tmpdir(), 'rookery-chaos-'));
  const lines = join(directory, 'rows.jsonl');
  try {
    say(`Seed ${seed}, scale ${scale}.`);
    const filters = scenarios.length > 0 ? scenarios.map((name) => `test/chaos/${name}`) : ['test/chaos'];
    const env = { ...process.env, ROOKERY_CHAOS_SEED: seed, ROOKERY_CHAOS_SCALE: scale, ROOKERY_CHAOS_REPORT: lines };
    await runTool('vitest', ['run', '--maxWorkers=1', '--retry=0', '--testTimeout=1800000', ...filters], { env });
    const rows = existsSync(lines)
      ? readFileSync(lines, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [];
    if (rows.length === 0) throw new Problem('No scenario came to its end; what went wrong is printed above.');
    rows.forEach(show);
    // Prettier is there only now.
    const { writeReport } = await import('./chaos-report.mjs');
    await writeReport(rows, { all: scenarios.length === 0 });
    say('reports/chaos.json');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

function readFlags() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { seed: { type: 'string', default: '1' }, scale: { type: 'string', default: '5' } },
    });
    for (const [flag, text] of Object.entries(values)) {
      if (!/^\d+$/.test(text) || Number(text) < 1)
        throw new Error(`--${flag} is "${text}", but it can be a whole number from 1.`);
    }
    return { ...values, scenarios: positionals };
  } catch (error) {
    throw new Problem(`${error.message}\n${help}`);
  }
}

function show({ id, backend, fault, operations, violations, recoveredMs, failure, holds }) {
  const recovery = recoveredMs === undefined ? '' : `, well again after ${recoveredMs} ms`;
  const counted = `${operations} operations, ${violations} violations${recovery}`;
  say(`${holds ? 'holds ' : 'FAILS '} ${id} on ${backend}: ${fault}: ${counted}${failure ? `: ${failure}` : ''}`);
}
