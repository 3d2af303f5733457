import { expect, it } from 'vitest';
import { exists, fileOf, filesIn, importsOf, isSpec, libs } from './workspace.js';

/** Ways through static imports that come back to where they began. What is only a type is gone when the code is loaded. */
function cyclesIn(files: readonly string[]): string[] {
  const next = new Map(files.map((file) => [file, importedBy(file)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) found.push([...way.slice(way.indexOf(file)), file].join(' -> '));
    else if (!done.has(file)) {
      for (const one of next.get(file) ?? []) visit(one, [...way, file]);
      done.add(file);
    }
  };
  for (const file of files) visit(file, []);
  return found;
}

function importedBy(file: string): string[] {
  const relative = importsOf(file).filter(({ kind, from }) => kind === 'static' && from.startsWith('.'));
  return relative.map(fileOf).filter(exists);
}

it.each(libs)('%s has no circular import', (lib) => {
  expect(cyclesIn(filesIn(`libs/${lib}/src`).filter((file) => !isSpec(file)))).toEqual([]);
});
