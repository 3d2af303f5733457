// Boots what a snippet shows: its main file; the modules that it configures or the last that it declares; or else its
// providers and controllers, beside all of ours. What else it uses or asks for is the reader's own, and stood in for.
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import * as blob from '@rookery/blob';
import * as cache from '@rookery/cache';
import * as cluster from '@rookery/cluster';
import * as core from '@rookery/core';
import * as jobs from '@rookery/jobs';
import * as lock from '@rookery/lock';
import * as realtime from '@rookery/realtime';
import * as workers from '@rookery/workers';

const [file] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');
const database = TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, installExtensions: false });
const all = cluster.ClusterModule.forRoot({ blob: { driver: blob.memoryBlobs() } });
class AppModule {}
Module({ imports: [database, all] })(AppModule);
/** What a configured module says that it stands beside. */
const beside = [database, ScheduleModule.forRoot(), ...(text.includes('DashboardModule.forRoot') ? [all] : [])];

/** Whatever is done with it, it is there. */
const standIn = new Proxy(function () {}, {
  get: (_, name) => (name === 'then' || typeof name === 'symbol' ? undefined : standIn),
  apply: () => standIn,
});
const known = { url: process.env.REDIS_URL, AppModule };
globalThis.readers = new Proxy(known, { get: (_, name) => known[name] ?? standIn });

const mains = [];
const { create } = NestFactory;
NestFactory.create = async (...given) => {
  mains.push(await create.apply(NestFactory, given));
  return mains.at(-1);
};
const { classes, modules } = await import(pathToFileURL(file).href);
if (text.includes('NestFactory.create')) {
  while (!mains[0]?.getHttpServer().listening) await sleep(20);
  await fetch(await mains[0].getUrl());
  await mains[0].close();
}
const has = (type, key) => Reflect.hasMetadata(key, type);
const declared = classes.filter((type) => has(type, 'imports') || has(type, 'providers'));
const controllers = classes.filter((type) => has(type, '__controller__'));
const providers = classes.filter((type) => !declared.includes(type) && !controllers.includes(type));
const imports = [...modules, ...declared.slice(-1)];
if (imports.length > 0 || classes.length > 0)
  await boot(
    imports.length > 0 ? { imports: [...beside, ...imports] } : { imports: [AppModule], controllers, providers },
  );
console.log('booted');
process.exit();

async function boot(app) {
  const ours = new Set(
    [blob, cache, cluster, core, jobs, lock, realtime, workers].flatMap((names) => Object.values(names)),
  );
  const asked = classes.flatMap((type) => Reflect.getMetadata('design:paramtypes', type) ?? []);
  const theirs = new Set(asked.filter((type) => !ours.has(type)));
  const testing = await Test.createTestingModule(app)
    .useMocker((token) => (theirs.has(token) ? standIn : undefined))
    .compile();
  await testing.init();
  await testing.close();
}
