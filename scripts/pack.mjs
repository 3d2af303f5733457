// npm run pack [-- folder]: lays the packages out as they are published, in dist/packages unless a folder is named.
//
// What tsc emits for each package, many small files, becomes one file per thing that is loaded at once: opening a file
// costs more than what is in it. Declarations stay as they are.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { main, Problem, say, secondsSince } from './console.mjs';
import { root } from './run.mjs';

/** It finds programs beside its files, and nobody waits for it to load. */
const LEFT_AS_BUILT = ['testing'];
/** Files that package.json names elsewhere than in `exports`. */
const MORE_ENTRIES = { cluster: ['dist/cli/index.js', 'dist/schematics/nest-add/nest-add.js'] };

await main(async () => {
  const from = performance.now();
  const target = resolve(process.argv[2] ?? join(root, 'dist/packages'));
  const names = readdirSync(join(root, 'libs'));
  for (const name of names) await pack(name, join(target, name));
  say(`${names.length} packages in ${target}, after ${secondsSince(from)}`);
});

async function pack(name, target) {
  const folder = join(root, 'libs', name);
  const { scripts: _, ...manifest } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = [...entriesOf(manifest), ...(MORE_ENTRIES[name] ?? [])];
  const missing = entries.find((entry) => !existsSync(join(folder, entry)));
  if (missing) throw new Problem(`libs/${name}/${missing} is not built; npm run build makes it.`);

  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  cpSync(join(folder, 'README.md'), join(target, 'README.md'));
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  for (const part of manifest.files.filter((part) => part !== 'dist')) {
    cpSync(join(folder, part), join(target, part), { recursive: true });
  }
  const asBuilt = LEFT_AS_BUILT.includes(name);
  copyBuilt(folder, target, asBuilt ? /\.(d\.ts|js|js\.map)$/ : /\.d\.ts$/);
  if (!asBuilt) await bundle(folder, entries, join(target, 'dist'));
}

function entriesOf({ exports }) {
  return Object.values(exports).flatMap(({ default: file }) => (file ? [file.slice('./'.length)] : []));
}

/** Nothing whose source has gone since it was built. */
function copyBuilt(folder, target, wanted) {
  for (const file of readdirSync(join(folder, 'dist'), { recursive: true })) {
    const source = join(folder, 'src', file.replace(wanted, '.ts'));
    if (wanted.test(file) && existsSync(source)) cpSync(join(folder, 'dist', file), join(target, 'dist', file));
  }
}

async function bundle(folder, entries, dir) {
  const [index] = entries;
  const atOnce = loadedWith(join(folder, index));
  const sources = join('/', relative(root, folder), 'src/');
  const bundled = await rolldown({
    input: Object.fromEntries(
      entries.map((entry) => [entry.slice('dist/'.length, -'.js'.length), join(folder, entry)]),
    ),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    treeshake: { moduleSideEffects: true },
    plugins: [{ name: 'maps-to-typescript', load: withItsMap }],
  });
  await bundled.write({
    dir,
    sourcemap: true,
    comments: false, // they are in the declarations, and in the sources that the maps carry
    polyfillRequire: false,
    sourcemapPathTransform: (source, map) =>
      join(relative(dirname(map), dirname(dir)), 'src', source.split(sources)[1]),
    chunkFileNames: 'chunks/[name]-[hash].js',
    codeSplitting: { groups: [{ name: 'main', test: (id) => atOnce.has(id) }] },
  });
  await bundled.close();
}

function withItsMap(id) {
  return { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') };
}

/** A file and all that its static imports lead to in its own package. */
function loadedWith(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\b(?:[\w\s{},*$]*\bfrom)?\s*["'](\.[^"']+)["']/gm,
  );
  for (const [, from] of imports) loadedWith(join(dirname(file), from), seen);
  return seen;
}
