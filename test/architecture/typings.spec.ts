import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { exists, libs, packageJson, packageOf, read } from './workspace.js';

/** Every declaration file of a lib that a type-checker opens for `entry`, with the way from one to the next. */
function reached(entry: string, way: string[] = [], seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(entry)) return seen;
  seen.set(entry, [...way, entry]);
  for (const from of specifiers(entry)) {
    const next = declarationOf(entry, from);
    if (next) reached(next, seen.get(entry), seen);
  }
  return seen;
}

/** Where a lib's declarations go on, in itself or in a sibling; undefined for packages that are not ours. */
function declarationOf(file: string, from: string): string | undefined {
  if (from.startsWith('.')) return join(file, '..', from).replace(/\.js$/, '.d.ts');
  const [, lib, subpath] = /^@rookery\/(\w+)(.*)$/.exec(from) ?? [];
  const target = lib && packageJson(`libs/${lib}`).exports?.[`.${subpath}`];
  return typeof target === 'object' ? join(`libs/${lib}`, target.types) : undefined;
}

/** What a declaration file imports, re-exports or names as `import('…').X`. */
function specifiers(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(read(file), true, true);
  return importedFiles.map(({ fileName }) => fileName);
}

// Dependencies must bring their own types; what the entry of a lib reaches must not need more than they do.
describe.each(libs)('the types of @rookery/%s', (lib) => {
  const { peerDependenciesMeta: optional = {} } = packageJson(`libs/${lib}`);
  const entry = `libs/${lib}/dist/index.d.ts`;

  it('are built', () => expect(exists(entry)).toBe(true));

  it('need none of its optional peers', () => {
    const needed = [...reached(entry)].flatMap(([file, way]) =>
      specifiers(file)
        .filter((from) => optional[packageOf({ file, from, kind: 'type' })!]?.optional)
        .map((from) => `${way.join(' -> ')} -> ${from}`),
    );
    expect(needed).toEqual([]);
  });
});
