import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { freshNamespace } from '../backends.js';
import { postgresUrl, redisUrl } from '../services.js';

const run = promisify(execFile);

/** Boots the built packages with all modules, and prints the packages that were loaded as CommonJS. */
const APP = `
import { createRequire } from 'node:module';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClusterModule, useCluster } from '@rookery/cluster';
class AppModule {}
const imports = [ClusterModule.forRoot({ lock: {}, cache: {}, blob: {}, jobs: {}, workers: {}, realtime: {} })];
Module({ imports })(AppModule);
const app = await NestFactory.create(AppModule, { logger: false });
useCluster(app);
await app.listen(0, '127.0.0.1');
const files = Object.keys(createRequire(import.meta.url).cache);
console.log(JSON.stringify(files.map((file) => /.*node_modules.((?:@[^/]+.)?[^/]+)/.exec(file)?.[1])));
process.exit();
`;

it.each([
  ['memory', () => ({}), 'express', ['typeorm', 'pg', '@redis/client']],
  ['redis', () => ({ REDIS_URL: redisUrl() }), 'ioredis', ['typeorm', 'pg']],
  ['postgres', () => ({ DATABASE_URL: postgresUrl() }), 'typeorm', ['@redis/client']],
] as const)(
  'an app on %s loads what it needs, and not what another store needs',
  async (backend, store, needed, others) => {
    const env = { PATH: process.env.PATH, ROOKERY_BACKEND: backend, ROOKERY_NAMESPACE: freshNamespace(), ...store() };
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', APP], { env });
    const loaded = JSON.parse(stdout.trim().split('\n').at(-1)!) as string[];
    expect(loaded).toContain(needed);
    for (const other of others) expect(loaded).not.toContain(other);
  },
);
