import { NestFactory } from '@nestjs/core';
import { ClusterModule } from '../cluster.module.js';
import { readEnvironment } from '../settings/environment.js';

const EVERY_MODULE = { lock: {}, cache: {}, blob: {}, jobs: {}, workers: {}, realtime: {} };

/** Starts every module once on the database of the environment, without any role; each brings its tables up to date. */
export async function migrateCommand(): Promise<number> {
  const { kind } = readEnvironment(process.env);
  if (kind !== 'postgres') return say(`Nothing to migrate: the backend is ${kind}. Set ROOKERY_BACKEND=postgres.`);
  await import('reflect-metadata');
  const cluster = ClusterModule.forRoot({ ...EVERY_MODULE, roles: [], doctor: { atBoot: false } });
  const app = await NestFactory.createApplicationContext(cluster, { logger: false, abortOnError: false });
  await app.close();
  return say('The tables of schema "rookery" are up to date.');
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
