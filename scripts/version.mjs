// npm run version: takes the changesets that have gathered into one new version of all packages and into CHANGELOG.md.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main, Problem } from './console.mjs';
import { root, run, runTool } from './run.mjs';

await main(async () => {
  const notes = pending();
  if (notes.length === 0) throw new Problem('No changeset has gathered; npx changeset writes one.');
  if ((await runTool('changeset', ['version'])) !== 0) throw new Problem('changeset version failed; see above.');
  const { version } = JSON.parse(readFileSync(join(root, 'libs/core/package.json'), 'utf8'));
  edit('package.json', (text) => text.replace(/"version": "[^"]+"/, `"version": "${version}"`));
  const entry = `## ${version} (${new Date().toISOString().slice(0, 10)})\n\n${notes.join('\n')}\n\n`;
  edit('CHANGELOG.md', (text) => text.replace(/(?=^## )/m, () => entry));
  await run('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund']);
  await runTool('prettier', [
    '--write',
    '--log-level=warn',
    'CHANGELOG.md',
    'package.json',
    'libs/*/package.json',
    'apps/*/package.json',
  ]);
});

/** What each changeset says, after the names of the packages it is about. */
function pending() {
  const files = readdirSync(join(root, '.changeset')).filter((file) => file.endsWith('.md') && file !== 'README.md');
  return files.sort().map((file) => {
    const [, head, text] = /^---\n([^]*?)---\n([^]*)$/.exec(readFileSync(join(root, '.changeset', file), 'utf8'));
    const packages = [...head.matchAll(/@rookery\/(\w+)/g)].map(([, name]) => name);
    return `- **${packages.join(', ')}:** ${text.trim()}`;
  });
}

function edit(file, change) {
  writeFileSync(join(root, file), change(readFileSync(join(root, file), 'utf8')));
}
