import { expect, it } from 'vitest';
import { exists, filesIn, read } from '../architecture/workspace.js';

const { benchmarks, readme } = (await import('../../scripts/benchmarks.mjs' as string)) as Record<
  'benchmarks' | 'readme',
  () => Promise<string>
>;
const benches = filesIn('bench').filter((file) => file.endsWith('.bench.ts'));

it.each(benches)('%s has a page that tells how the others are set and what it does not show', (bench) => {
  const page = bench.replace('.bench.ts', '.md');
  expect(exists(page) && read(page)).toContain('Not shown:');
});

it('docs/benchmarks.md says what the reports say; npm run benchmarks writes it', async () => {
  expect(read('docs/benchmarks.md')).toBe(await benchmarks());
});

it('so does the table in the README', async () => {
  expect(read('README.md')).toBe(await readme());
});
