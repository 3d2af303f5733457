import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readReport, withTable } from '../scripts/chaos-report.mjs';

const page = await readFile(new URL('../docs/guarantees.md', import.meta.url), 'utf8');
const rows = readReport();

it('the table in docs/guarantees.md says what reports/chaos.json says', async () => {
  expect(rows.length).toBeGreaterThan(0);
  expect(await withTable(page, rows)).toBe(page);
});

const faults = page
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, , , shownBy]) => shownBy?.startsWith('`'))
  .map(([, fault, , shownBy]) => [fault, [...shownBy.matchAll(/`([^`]+)`/g)].map(([, id]) => id)] as const);

it.each(faults)('%s: the report shows it, on both backends', (_, scenarios) => {
  for (const id of scenarios) {
    const backends = rows.filter((row) => row.id === id).map(({ backend }) => backend);
    const both = id.startsWith('blob-') ? ['database', 'fs'] : ['redis', 'postgres'];
    expect(backends, id).toEqual(expect.arrayContaining(both));
  }
});
