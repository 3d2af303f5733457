import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);
export const ROOT = new URL('../../', import.meta.url).pathname;

/** Lays our packages out in a folder as they are published. */
export async function pack(folder: string): Promise<void> {
  await run(process.execPath, [join(ROOT, 'scripts/pack.mjs'), folder]);
}

/**
 * An app's folder with our packages as they are published, and links to all others that this repository has but for the
 * missing ones, as if those had never been installed.
 */
export async function projectWithout(missing: RegExp): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-project-'));
  mkdirSync(join(folder, 'node_modules'));
  const link = (name: string) => {
    if (!missing.test(name)) symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  };
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.') || name === '@rookery') continue;
    if (!name.startsWith('@')) link(name);
    else {
      mkdirSync(join(folder, 'node_modules', name));
      for (const scoped of readdirSync(join(ROOT, 'node_modules', name))) link(`${name}/${scoped}`);
    }
  }
  await pack(join(folder, 'node_modules/@rookery'));
  return folder;
}
