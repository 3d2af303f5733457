import { expect, it } from 'vitest';
import { fileOf, filesIn, importsOf, isSpec, libs, loadedBy, packageJson, packageOf } from './workspace.js';

/** Imports run one way. */
const MAY_IMPORT: Record<string, string[]> = {
  core: [],
  lock: ['core'],
  cache: ['core'],
  blob: ['core'],
  jobs: ['core'],
  realtime: ['core'],
  workers: ['core', 'lock'],
  cluster: ['core', 'lock', 'cache', 'blob', 'jobs', 'realtime', 'workers'],
  testing: [],
};

const sources = (lib: string) => filesIn(`libs/${lib}/src`).filter((file) => !isSpec(file));
const shown = ({ file, from }: { file: string; from: string }) => `${file} imports ${from}`;

it('every lib has its place', () => {
  expect(libs).toEqual(Object.keys(MAY_IMPORT).sort());
});

it.each(libs)('%s imports only the libs below it', (lib) => {
  const allowed = MAY_IMPORT[lib]!.map((name) => `@rookery/${name}`);
  const wrong = sources(lib)
    .flatMap(importsOf)
    .filter((one) => packageOf(one)?.startsWith('@rookery/') && !allowed.includes(packageOf(one)!));
  expect(wrong.map(shown)).toEqual([]);
});

it.each(libs)('%s reaches its siblings only through what their package.json exports', (lib) => {
  const imports = filesIn(`libs/${lib}/src`).flatMap(importsOf);
  const outside = imports.filter((one) => {
    return one.from.startsWith('.') && !/^(libs\/\w+\/(src|package\.json)|test\/)/.test(fileOf(one));
  });
  const intoSibling = imports.filter((one) => {
    return one.from.startsWith('.') && fileOf(one).startsWith('libs/') && !fileOf(one).startsWith(`libs/${lib}/`);
  });
  const notExported = imports.filter((one) => {
    const name = packageOf(one)?.match(/^@rookery\/(\w+)$/)?.[1];
    const subpath = name && one.from.replace(`@rookery/${name}`, '.');
    return name && !(subpath! in (packageJson(`libs/${name}`).exports ?? {}));
  });
  expect([...outside, ...intoSibling, ...notExported].map(shown)).toEqual([]);
});

it.each(libs)('%s uses only packages that its package.json names', (lib) => {
  const { dependencies, peerDependencies } = packageJson(`libs/${lib}`);
  const named = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
  const unnamed = sources(lib)
    .flatMap(importsOf)
    .filter((one) => packageOf(one) && !named.has(packageOf(one)!));
  expect(unnamed.map(shown)).toEqual([]);
});

it.each(libs)('loading %s loads none of its optional peers', (lib) => {
  const optional = packageJson(`libs/${lib}`).peerDependenciesMeta ?? {};
  const loaded = loadedBy(`libs/${lib}/src/index.ts`).filter((one) => optional[packageOf(one)!]?.optional);
  expect(loaded.map(shown)).toEqual([]);
});

it('the sample imports what a user would', () => {
  const imports = filesIn('apps/sample/src')
    .flatMap(importsOf)
    .filter(({ kind }) => kind !== 'type');
  const { dependencies, devDependencies } = packageJson('apps/sample');
  const named = new Set(Object.keys({ ...dependencies, ...devDependencies, vitest: '' }));
  const wrong = imports.filter((one) => (packageOf(one) ? !named.has(packageOf(one)!) : /libs\//.test(one.from)));
  expect(wrong.map(shown)).toEqual([]);
});
