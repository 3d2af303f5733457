// From a bare clone to built packages. Only Node's own modules here: nothing is installed yet.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem, say, secondsSince } from './console.mjs';
import { root, run, runTool } from './run.mjs';

/** Checks Node, installs what package-lock.json says unless it is there, and builds what has changed. */
export async function prepare() {
  checkNode();
  if (!isInstalled()) {
    await step('Installing packages', () => run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']));
  }
  await step('Building', () => runTool('tsc', ['-b', 'tsconfig.build.json']));
}

async function step(label, action) {
  const from = performance.now();
  say(`${label} ...`);
  const code = await action();
  if (code !== 0) throw new Problem(`${label} failed (exit code ${code}); what went wrong is printed above.`);
  say(`${label} took ${secondsSince(from)}.`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24) return;
  throw new Problem(
    `Rookery needs Node 20.19 or newer, 22.12 or newer, or 24 and later; this is ${process.version}. Get one from https://nodejs.org.`,
  );
}

/** Whether node_modules holds the versions of package-lock.json. What is optional may be missing: other platforms' files. */
function isInstalled() {
  const wanted = packagesOf('package-lock.json');
  const present = packagesOf('node_modules/.package-lock.json');
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') || entry.optional || entry.peer) return true;
    if (entry.link) return existsSync(join(root, path));
    return present[path]?.version === entry.version;
  });
}

function packagesOf(file) {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
}
