// Boots what a snippet declares: its last module, or its providers and controllers beside all of ours. What else it uses
// or asks for is the reader's own, and stood in for.
import 'reflect-metadata';
import { pathToFileURL } from 'node:url';
import { Test } from '@nestjs/testing';
import * as blob from '@rookery/blob';
import * as cache from '@rookery/cache';
import * as cluster from '@rookery/cluster';
import * as core from '@rookery/core';
import * as jobs from '@rookery/jobs';
import * as lock from '@rookery/lock';
import * as realtime from '@rookery/realtime';
import * as workers from '@rookery/workers';

/** Whatever is done with it, it is there. */
const standIn = new Proxy(function () {}, {
  get: (_, name) => (name === 'then' || typeof name === 'symbol' ? undefined : standIn),
  apply: () => standIn,
});
const known = { url: process.env.REDIS_URL };
globalThis.readers = new Proxy(known, { get: (_, name) => known[name] ?? standIn });

const { classes } = await import(pathToFileURL(process.argv[2]).href);
const has = (type, key) => Reflect.hasMetadata(key, type);
const modules = classes.filter((type) => has(type, 'imports') || has(type, 'providers'));
const controllers = classes.filter((type) => has(type, '__controller__'));
const providers = classes.filter((type) => !modules.includes(type) && !controllers.includes(type));
const all = cluster.ClusterModule.forRoot({ blob: { driver: blob.memoryBlobs() } });
const app = modules.length > 0 ? { imports: [modules.at(-1)] } : { imports: [all], controllers, providers };

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
console.log('booted');
process.exit();
