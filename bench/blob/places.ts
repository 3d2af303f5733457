import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BlobModule, BlobStore, type BlobDriverSource } from '@rookery/blob';
import { databaseBlobs } from '@rookery/blob/database';
import pg from 'pg';
import { DataSource } from 'typeorm';

/** A container on a driver, without the sweep, which would disturb the figures. */
export async function openStore(driver: BlobDriverSource) {
  class BenchApp {}
  Module({ imports: [BlobModule.forRoot({ driver, sweepEveryMs: 0, deadlineMs: 120_000 })] })(BenchApp);
  const app = await NestFactory.createApplicationContext(BenchApp, { logger: false, abortOnError: false });
  return { store: app.get(BlobStore), [Symbol.asyncDispose]: () => app.close() };
}

/** A database of the bench's own. */
export async function databasePlace(serverUrl: string) {
  const name = `bench_${randomBytes(4).toString('hex')}`;
  await statement(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    driver: (namespace?: string) =>
      databaseBlobs({
        namespace,
        dataSource: new DataSource({ type: 'postgres', url: url.href, installExtensions: false }),
      }),
    [Symbol.asyncDispose]: () => statement(serverUrl, `drop database ${name} with (force)`),
  };
}

async function statement(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** A directory of the bench's own. */
export async function directory() {
  const path = await mkdtemp(join(tmpdir(), 'rookery-bench-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const MiB = 1024 * 1024;
const noise = randomBytes(MiB);

/** So many MiB that do not compress, in pieces as a socket gives them. */
export async function* content(mebibytes: number): AsyncGenerator<Buffer> {
  for (let piece = 0; piece < mebibytes * 16; piece++)
    yield noise.subarray((piece % 16) * 65_536, ((piece % 16) + 1) * 65_536);
}

/** The same, with its checksum taken. */
export async function* hashed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  hash.digest('hex');
}

/** Takes a stream to its end. */
export async function drained(stream: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}

/** MB per second of work that moves so many MiB. */
export async function megabytesPerSecond(mebibytes: number, work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return (mebibytes * MiB) / 1000 / (performance.now() - from);
}

export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** How many MiB the process grows by, at most, while it works. */
export async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10);
  await work().finally(() => clearInterval(watch));
  return (most - before) / MiB;
}
