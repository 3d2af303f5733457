import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from '../architecture/workspace.js';

it('npm run docs finds a word for every public name, and no link to nowhere', async () => {
  const typedoc = join(root, 'node_modules/typedoc/bin/typedoc');
  const made = await promisify(execFile)(process.execPath, [typedoc, '--emit', 'none'], { cwd: root }).then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  );
  expect(made).toBe('');
}, 300_000);
