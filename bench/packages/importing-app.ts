import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = process.cwd();
const LIBS = ['core', 'lock', 'cache', 'blob', 'jobs', 'workers', 'realtime', 'cluster'];

/** A process that imports the packages that ours use, and then all of ours; it prints how long the latter took. */
const MAIN = `
await import('./theirs.mjs');
const from = performance.now();
await import('./ours.mjs');
console.log(performance.now() - from);
process.exit();
`;

/** An app's folder in which only @rookery differs. */
export class ImportingApp {
  private constructor(private readonly folder: string) {}

  /** On packages as `npm run pack` lays them out. */
  static async published(): Promise<ImportingApp> {
    return ImportingApp.with((packages) => run(process.execPath, ['scripts/pack.mjs', packages], { cwd: ROOT }));
  }

  /** On packages as tsc emits them. */
  static async asBuilt(): Promise<ImportingApp> {
    return ImportingApp.with((packages) => symlink(join(ROOT, 'libs'), packages));
  }

  private static async with(install: (packages: string) => Promise<unknown>): Promise<ImportingApp> {
    const folder = await mkdtemp(join(tmpdir(), 'rookery-import-'));
    const modules = join(folder, 'node_modules');
    await mkdir(modules);
    for (const name of await readdir(join(ROOT, 'node_modules'))) {
      if (!name.startsWith('.') && name !== '@rookery')
        await symlink(join(ROOT, 'node_modules', name), join(modules, name));
    }
    await install(join(modules, '@rookery'));
    const theirs = new Set<string>();
    for (const lib of LIBS) await collect(join(modules, '@rookery', lib, 'dist/index.js'), theirs, new Set());
    const lines = (names: Iterable<string>) => [...names].map((name) => `import '${name}';\n`).join('');
    await writeFile(join(folder, 'theirs.mjs'), lines(theirs));
    await writeFile(join(folder, 'ours.mjs'), lines(LIBS.map((lib) => `@rookery/${lib}`)));
    await writeFile(join(folder, 'main.mjs'), MAIN);
    return new ImportingApp(folder);
  }

  async importMs(): Promise<number> {
    const { stdout } = await run(process.execPath, ['main.mjs'], { cwd: this.folder });
    return Number(stdout);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** The packages that a file of ours imports when it is loaded, and those of the files that it imports. */
async function collect(file: string, theirs: Set<string>, seen: Set<string>): Promise<void> {
  if (seen.has(file)) return;
  seen.add(file);
  const text = await readFile(file, 'utf8');
  for (const [, from] of text.matchAll(/^(?:import|export)\b[^;'"]*["']([^"']+)["']/gm)) {
    if (from!.startsWith('.')) await collect(join(dirname(file), from!), theirs, seen);
    else if (!from!.startsWith('@rookery/')) theirs.add(from!);
  }
}
