// npm test: from a bare clone to one line that says how many checks passed and failed.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asShipped, VARIANTS } from './as-shipped.mjs';
import { main, say, secondsSince } from './console.mjs';
import { prepare } from './prepare.mjs';
import { root, runTool } from './run.mjs';
import { checkReachable, redisForTests, s3ForTests } from './services.mjs';

const compose = process.argv.includes('--compose');
const total = { passed: 0, failed: 0 };
const untested = new Set();

await main(async () => {
  await Promise.all(['REDIS_URL', 'DATABASE_URL', 'S3_ENDPOINT'].map(checkReachable));
  if (!compose) await redisForTests();
  await prepare();
  if (compose) {
    for (const variant of VARIANTS) {
      const from = performance.now();
      note(variant.name, await asShipped(variant), from);
    }
    // One after the other: each brings a whole cluster.
    await specs(['--no-file-parallelism', ...specsOfTheSample()], { ...process.env, ROOKERY_CLUSTER: 'compose' });
  } else {
    await s3ForTests();
    await stage('types', 'tsc', ['-p', '.']);
    await stage('lint', 'oxlint', ['--type-aware', '--deny-warnings']);
    await stage('format', 'prettier', ['--check', '--log-level=warn', '.']);
    await specs([], process.env);
  }
  for (const what of untested) say(what);
  say(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
});

async function stage(name, tool, args) {
  const from = performance.now();
  note(name, (await runTool(tool, args)) === 0, from);
}

function note(name, passed, from) {
  total[passed ? 'passed' : 'failed']++;
  say(`${passed ? 'passed' : 'FAILED'}: ${name} (${secondsSince(from)})`);
}

/** Those that bring an app or a server of their own say nothing about docker-compose.yml. */
function specsOfTheSample() {
  const specs = readdirSync(join(root, 'test/e2e')).filter((file) => file.endsWith('.spec.ts'));
  return specs
    .map((file) => `test/e2e/${file}`)
    .filter((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return text.includes("'./sample.js'") && !text.includes('SMTPServer');
    });
}

async function specs(filters, env) {
  const directory = mkdtempSync(join(tmpdir(), 'rookery-test-'));
  const report = join(directory, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await runTool('vitest', ['run', ...reporters, ...filters], { env });
    const { passed, failed } = count(report);
    total.passed += passed;
    // A run that broke without a failed test, by an unhandled rejection say, is a failure too.
    total.failed += failed === 0 && code !== 0 ? 1 : failed;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Counts tests, and each file that could not even be loaded as one failed test. */
function count(report) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 0 }; // Vitest itself did not start; its exit code tells
  }
  const broken = results.testResults.filter(({ status, assertionResults }) => {
    return status === 'failed' && !assertionResults.some((test) => test.status === 'failed');
  });
  for (const { assertionResults } of results.testResults) assertionResults.forEach(noteIfUntested);
  return { passed: results.numPassedTests, failed: results.numFailedTests + broken.length };
}

/** A suite that needs what is not everywhere says so in its title. */
function noteIfUntested({ status, ancestorTitles }) {
  if (status !== 'skipped') return;
  for (const title of ancestorTitles) {
    const [, what, reason] = /^(.+) \(was not tested where this is skipped: (.+)\)$/.exec(title) ?? [];
    if (what) untested.add(`${what} was not tested: ${reason}.`);
  }
}
