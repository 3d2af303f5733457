import { readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exists, libs, read, root } from '../architecture/workspace.js';

const HEADINGS = ['Why', 'Use', 'Options', 'Guarantees', 'Limits', 'Operations'];
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
const pages = ['README.md', 'CONTRIBUTING.md', 'examples/README.md', ...inDocs.map((file) => `docs/${file}`)];

describe.each(libs.filter((lib) => lib !== 'core' && lib !== 'testing'))('docs/%s.md', (lib) => {
  it('has the same headings as all modules', () => {
    const found = [...read(`docs/${lib}.md`).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(found).toEqual(HEADINGS);
  });
});

it.each(pages.filter((page) => page.endsWith('.md')))('%s links to what is there', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link);
  const files = links.filter((link) => !/^[a-z]+:/.test(link)).map((link) => normalize(join(dirname(page), link)));
  expect(files.filter((file) => !exists(file))).toEqual([]);
});
