import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { exists, filesIn, isSpec, libs, read, root } from './workspace.js';

const libFiles = libs.flatMap((lib) => filesIn(`libs/${lib}/src`));
const all = [...libFiles, ...filesIn('apps'), ...filesIn('test'), ...filesIn('bench'), ...filesIn('examples')];

it('no file is longer than 250 lines', () => {
  expect(all.filter((file) => read(file).split('\n').length > 251)).toEqual([]);
});

it('an example has at most 60 lines', () => {
  expect(filesIn('examples').filter((file) => read(file).split('\n').length > 61)).toEqual([]);
});

it('file names are kebab-case', () => {
  expect(all.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*\.ts$/.test(basename(file)))).toEqual(
    [],
  );
});

it('public names are listed one by one', () => {
  expect(libFiles.filter((file) => basename(file) === 'index.ts' && /export \*/.test(read(file)))).toEqual([]);
});

it('libs do not write to the console', () => {
  const silent = libFiles.filter(
    (file) => !file.startsWith('libs/testing/') && !file.includes('/bin/') && !isSpec(file),
  );
  const code = (file: string) => read(file).replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
  expect(silent.filter((file) => /\bconsole\./.test(code(file)))).toEqual([]);
});

it('no test is switched off', () => {
  const off = /\b(it|test|describe)(\.\w+)*\.(skip|only|todo|fails)\b/;
  expect(all.filter((file) => (isSpec(file) || file.endsWith('.contract.ts')) && off.test(read(file)))).toEqual([]);
});

it('every driver passes its contract', () => {
  const drivers = libs.flatMap((lib) =>
    [`libs/${lib}/src/drivers`, `libs/${lib}/src/backends`]
      .filter(exists)
      .flatMap((folder) => readdirSync(join(root, folder), { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map((entry) => ({ lib, kind: entry.name })),
  );
  const specs = filesIn('test/contract').filter(isSpec);
  const without = drivers.filter(({ lib, kind }) => {
    const ofLib = specs.filter((file) => basename(file).startsWith(`${lib}.`));
    return !ofLib.some((file) => file.endsWith(`.${kind}.spec.ts`) || read(file).includes(`'${kind}'`));
  });
  expect(without).toEqual([]);
});
