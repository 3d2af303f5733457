import { describe, expect, it } from 'vitest';
import { exists, libs, packageJson, read, type PackageJson } from './workspace.js';

const house = packageJson('.');

describe.each(libs)('@rookery/%s', (lib) => {
  const own = packageJson(`libs/${lib}`);

  it('is in step with the house', () => {
    const { version, license, engines, type } = house;
    expect(own).toMatchObject({ name: `@rookery/${lib}`, version, license, engines, type });
  });

  it('exports files that the build emits', () => {
    const targets = Object.values(own.exports ?? {}).flatMap((target) => {
      return typeof target === 'string' ? [target] : [target.types, target.default];
    });
    const source = (target: string) =>
      `libs/${lib}/${target.replace('./dist/', 'src/').replace(/(\.d\.ts|\.js)$/, '.ts')}`;
    expect(targets.filter((target) => !exists(source(target)))).toEqual([]);
  });

  it('asks for its siblings in this very version', () => {
    const siblings = Object.entries(own.dependencies ?? {}).filter(([name]) => name.startsWith('@rookery/'));
    expect(siblings.filter(([, range]) => range !== house.version)).toEqual([]);
  });

  it('asks for peers that the house is tested with', () => {
    const tested = { ...house.devDependencies, ...packageJson('apps/sample').dependencies };
    const apart = Object.entries(own.peerDependencies ?? {}).filter(([name, range]) => {
      return range.startsWith('^') && major(tested[name] ?? range) !== major(range);
    });
    expect(apart).toEqual([]);
  });
});

it('CHANGELOG.md begins with the version that the packages have', () => {
  expect(/^## (\S+)/m.exec(read('CHANGELOG.md'))?.[1]).toBe(house.version);
});

it('all ask for the same range of a package', () => {
  const ranges = new Map<string, Set<string>>();
  for (const lib of libs) {
    for (const [name, range] of Object.entries(packageJson(`libs/${lib}`).peerDependencies ?? {})) {
      ranges.set(name, (ranges.get(name) ?? new Set()).add(range));
    }
  }
  expect([...ranges].filter(([, asked]) => asked.size > 1)).toEqual([]);
});

const major = (range: string) => range.match(/\d+/)?.[0];

it('package-lock.json has what other platforms need, or npm ci refuses it', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, PackageJson> };
  const present = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')));
  const asked = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  expect(asked.filter((name) => !present.has(name))).toEqual([]);
});
