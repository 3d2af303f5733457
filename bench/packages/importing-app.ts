import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppFolder, run } from './app-folder.js';

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
  private constructor(private readonly folder: AppFolder) {}

  static async in(folder: AppFolder): Promise<ImportingApp> {
    const theirs = new Set<string>();
    for (const lib of LIBS) await collect(join(folder.modules, '@rookery', lib, 'dist/index.js'), theirs, new Set());
    const lines = (names: Iterable<string>) => [...names].map((name) => `import '${name}';\n`).join('');
    await writeFile(join(folder.path, 'theirs.mjs'), lines(theirs));
    await writeFile(join(folder.path, 'ours.mjs'), lines(LIBS.map((lib) => `@rookery/${lib}`)));
    await writeFile(join(folder.path, 'main.mjs'), MAIN);
    return new ImportingApp(folder);
  }

  async importMs(): Promise<number> {
    const { stdout } = await run(process.execPath, ['main.mjs'], { cwd: this.folder.path });
    return Number(stdout);
  }

  remove(): Promise<void> {
    return this.folder.remove();
  }
}

/** The packages that a file of ours imports when it is loaded, and those of the files that it imports. */
async function collect(file: string, theirs: Set<string>, seen: Set<string>): Promise<void> {
  if (seen.has(file)) return;
  seen.add(file);
  const text = await readFile(file, 'utf8');
  for (const [, from] of text.matchAll(/^(?:import|export)\b(?:[\w\s{},*$]*\bfrom)?\s*["']([^"']+)["']/gm)) {
    if (from!.startsWith('.')) await collect(join(dirname(file), from!), theirs, seen);
    else if (!from!.startsWith('@rookery/')) theirs.add(from!);
  }
}
