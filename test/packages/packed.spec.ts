import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { libs, packageJson } from '../architecture/workspace.js';
import { projectWithout, ROOT, run } from './project.js';

/** What users may import of ours at run time, without that which belongs into a Vitest run. */
const entries = libs.flatMap((lib) =>
  Object.entries(packageJson(`libs/${lib}`).exports ?? {}).flatMap(([subpath, target]) =>
    typeof target === 'object' && (subpath !== './testing' || lib === 'testing')
      ? [{ name: `@rookery/${lib}${subpath.slice(1)}`, built: join(ROOT, 'libs', lib, target.default) }]
      : [],
  ),
);

/** Prints every exported name of some modules with the name that the class or function itself has. */
const LIST = `
const found = {};
for (const from of process.argv.slice(2)) {
  const names = Object.entries(await import(from)).map(([name, value]) => [name, value?.name ?? typeof value]);
  found[from] = Object.fromEntries(names.sort());
}
console.log(JSON.stringify(found));
process.exit();
`;

/** Our files that are opened when a file is imported: itself, and where its static imports lead. */
function opened(file: string, packages: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, from] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\b(?:[\w\s{},*$]*\bfrom)?\s*["']([^"']+)["']/gm,
  )) {
    const [, lib, subpath] = /^@rookery\/(\w+)(.*)$/.exec(from!) ?? [];
    const target = lib && packageJson(`libs/${lib}`).exports?.[`.${subpath}`];
    if (typeof target === 'object') opened(join(packages, lib!, target.default), packages, seen);
    else if (from!.startsWith('.')) opened(join(dirname(file), from!), packages, seen);
  }
  return seen;
}

describe('the packages as they are published', () => {
  let folder: string;
  let packages: string;
  beforeAll(async () => {
    folder = await projectWithout(/^$/);
    packages = join(folder, 'node_modules/@rookery');
    writeFileSync(join(folder, 'list.mjs'), LIST);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('export what was built, each class under its own name', async () => {
    const names = entries.map(({ name }) => name);
    const files = entries.map(({ built }) => pathToFileURL(built).href);
    const packed = await run(process.execPath, ['list.mjs', ...names], { cwd: folder });
    const built = await run(process.execPath, ['list.mjs', ...files], { cwd: folder });
    const exported = JSON.parse(packed.stdout) as Record<string, object>;
    expect(Object.values(exported)).toEqual(Object.values(JSON.parse(built.stdout) as object));
    expect(exported['@rookery/lock']).toMatchObject({ LockService: 'LockService', LockLostError: 'LockLostError' });
  });

  it('have each class once, whichever entries are imported', () => {
    for (const lib of libs) {
      const files = readdirSync(join(packages, lib, 'dist'), { recursive: true, encoding: 'utf8' });
      const classes = files
        .filter((file) => file.endsWith('.js'))
        .flatMap((file) => [
          ...readFileSync(join(packages, lib, 'dist', file), 'utf8').matchAll(
            /^\s*(?:\w+ )?(\w+) = class\b|^(?:export )?class (\w+)/gm,
          ),
        ])
        .map(([, assigned, declared]) => `${lib}: ${assigned ?? declared}`);
      expect(classes.length).toBeGreaterThan(0);
      expect(classes.filter((name, index) => classes.indexOf(name) !== index)).toEqual([]);
    }
  });

  it('open few files: all that an app imports of ours are two a package', () => {
    const imported = libs.filter((lib) => lib !== 'testing').map((lib) => join(packages, lib, 'dist/index.js'));
    const files = imported.reduce((seen, file) => opened(file, packages, seen), new Set<string>());
    expect(files.size).toBe(2 * imported.length);
  });

  it('lead a debugger to the TypeScript that they were made of', () => {
    for (const lib of libs) {
      const folders = readdirSync(join(packages, lib, 'dist'), { recursive: true, encoding: 'utf8' });
      const [map] = folders.filter((file) => /main-.*\.js\.map$|^index\.js\.map$/.test(file)).sort();
      const { sources, sourcesContent } = JSON.parse(readFileSync(join(packages, lib, 'dist', map!), 'utf8')) as {
        sources: string[];
        sourcesContent: string[];
      };
      const source = (index: number) => join('libs', lib, 'dist', dirname(map!), sources[index]!);
      expect(readFileSync(join(ROOT, source(0)), 'utf8')).toBe(sourcesContent[0]);
    }
  });
});
