import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { libs, root } from '../architecture/workspace.js';
import { problemsOf, snippetsOf } from './snippets.js';

const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
const readmes = ['README.md', ...libs.map((lib) => `libs/${lib}/README.md`)];
const pages = [...readmes, ...inDocs.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)];

/** Classes of the reader's app that snippets speak of. */
const THEIRS = ['AppModule', 'Invoices', 'InvoicesService', 'Order', 'Plan', 'SendReceipt'];

const WRONG = {
  where: 'here',
  code: `const locks = {} as LockService; await locks.acquire('a', { waitMs: '1' }); new NoSuchClass();`,
};

describe('the TypeScript in the documentation', () => {
  let problems: string[];
  beforeAll(() => {
    problems = problemsOf([...pages.flatMap(snippetsOf), WRONG], THEIRS);
  }, 300_000);

  it('is what the packages take', () => {
    expect(problems.filter((problem) => !problem.startsWith('here:'))).toEqual([]);
  });

  it('would be found wrong', () => {
    expect(problems.filter((problem) => problem.startsWith('here:'))).toEqual([
      expect.stringContaining("Type 'string' is not assignable"),
      expect.stringContaining('NoSuchClass'),
    ]);
  });
});
