import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { libs, root } from '../architecture/workspace.js';
import { freshNamespace } from '../backends.js';
import { freshPostgresUrl, redisUrl } from '../services.js';
import { checked, snippetsOf, type Checked, type Snippet } from './snippets.js';

const run = promisify(execFile);
/** Beside the packages, so that snippets find them. */
const FOLDER = join(root, 'node_modules/.cache/rookery/snippets');
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
const readmes = ['README.md', ...libs.map((lib) => `libs/${lib}/README.md`)];
const pages = [...readmes, ...inDocs.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)];

/** Classes of the reader's app that snippets speak of. */
const THEIRS = ['AppModule', 'Invoices', 'InvoicesService', 'Order', 'Plan', 'SendReceipt'];

const SECRET = 's'.repeat(40);

const WRONG = {
  where: 'here',
  code: `const locks = {} as LockService; await locks.acquire('a', { waitMs: '1' }); new NoSuchClass();`,
};

describe('the TypeScript in the documentation', () => {
  const snippets = pages.flatMap(snippetsOf);
  let found: Checked;
  let database: string;
  beforeAll(async () => {
    database = await freshPostgresUrl();
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

  // What is an app or a part of one: its main file, its modules or, where it shows none, providers of one with everything.
  const apps = snippets.filter(
    ({ code }) => /^(export )?class |NestFactory|^ *\w+Module\.forRoot/m.test(code) && !code.includes('quorum'),
  );
  const [inS3, others] = [true, false].map((yes) => apps.filter(({ code }) => code.includes('s3Blobs') === yes));
  it.each(others)('boots: $where', (snippet) => boots(snippet), 150_000);

  const { S3_ENDPOINT, AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
  describe.skipIf(!S3_ENDPOINT)('with S3 (was not tested where this is skipped: S3_ENDPOINT names no server)', () => {
    it.each(inS3)(
      'boots: $where',
      async (snippet) => {
        const client = new S3Client({ endpoint: S3_ENDPOINT, region: 'us-east-1', forcePathStyle: true });
        const bucket = `rookery-${randomBytes(6).toString('hex')}`;
        await client.send(new CreateBucketCommand({ Bucket: bucket }));
        client.destroy();
        const aws = {
          AWS_ENDPOINT_URL_S3: S3_ENDPOINT,
          AWS_REGION: 'us-east-1',
          AWS_ACCESS_KEY_ID,
          AWS_SECRET_ACCESS_KEY,
        };
        await boots(snippet, bucket, aws);
      },
      150_000,
    );
  });

  async function boots(snippet: Snippet, bucket = '', more: Record<string, string | undefined> = {}) {
    mkdirSync(FOLDER, { recursive: true });
    const file = join(FOLDER, `${snippet.where.replace(/\W/g, '-')}.mjs`);
    const javascript = found.javascript
      .get(snippet)!
      .replaceAll('redis://localhost:6379', redisUrl())
      .replace(/postgres:[^']+/, database)
      .replace(/bucket: '[^']+'/, `bucket: '${bucket}'`)
      .replace('listen(3000)', 'listen(0)');
    writeFileSync(file, javascript);
    const ours = { REDIS_URL: redisUrl(), DATABASE_URL: database, ROOKERY_NAMESPACE: freshNamespace(), PORT: '0' };
    const theirs = { OPS_TOKEN: SECRET, NEW_SECRET: SECRET, OLD_SECRET: SECRET };
    const env = { PATH: process.env.PATH, ...ours, ...theirs, ...more };
    const script = join(root, 'test/docs/boot.mjs');
    const { stdout } = await run(process.execPath, [script, file], { env, timeout: 120_000 });
    expect(stdout).toContain('booted');
  }
});
