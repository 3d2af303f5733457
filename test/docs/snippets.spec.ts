import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { libs, root } from '../architecture/workspace.js';
import { freshNamespace } from '../backends.js';
import { redisUrl } from '../services.js';
import { checked, snippetsOf, type Checked } from './snippets.js';

const run = promisify(execFile);
/** Beside the packages, so that snippets find them. */
const FOLDER = join(root, 'node_modules/.cache/rookery/snippets');
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
  const snippets = pages.flatMap(snippetsOf);
  let found: Checked;
  beforeAll(() => {
    found = checked([...snippets, WRONG], THEIRS);
  }, 300_000);

  it('is what the packages take', () => {
    expect(found.problems.filter((problem) => !problem.startsWith('here:'))).toEqual([]);
  });

  it('would be found wrong', () => {
    expect(found.problems.filter((problem) => problem.startsWith('here:'))).toEqual([
      expect.stringContaining("Type 'string' is not assignable"),
      expect.stringContaining('NoSuchClass'),
    ]);
  });

  // What declares classes of an app: its modules or, where it shows none, providers of one with everything. Not what would
  // need a bucket or the reader's database.
  const apps = snippets.filter(
    ({ code }) => /^(export )?class /m.test(code) && !/NestFactory|s3Blobs|BlobModule\.forRoot\(\)/.test(code),
  );
  it.each(apps)(
    'boots: $where',
    async (snippet) => {
      mkdirSync(FOLDER, { recursive: true });
      const file = join(FOLDER, `${snippet.where.replace(/\W/g, '-')}.mjs`);
      writeFileSync(file, found.javascript.get(snippet)!.replaceAll('redis://localhost:6379', redisUrl()));
      const ours = { REDIS_URL: redisUrl(), ROOKERY_NAMESPACE: freshNamespace() };
      const env = { PATH: process.env.PATH, ...ours };
      const { stdout } = await run(process.execPath, [join(root, 'test/docs/boot.mjs'), file], {
        env,
        timeout: 120_000,
      });
      expect(stdout).toContain('booted');
    },
    150_000,
  );
});
