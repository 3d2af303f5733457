import { randomBytes } from 'node:crypto';
import { startPostgres, startRedis } from '@rookery/testing';
import pg from 'pg';

/** Where this run's Redis is. Shared by all specs: use a namespace of your own, never flush. */
export function redisUrl(): string {
  return given('ROOKERY_TEST_REDIS_URL');
}

/** Where this run's PostgreSQL is. Shared by all specs: use a namespace of your own. */
export function postgresUrl(): string {
  return given('ROOKERY_TEST_DATABASE_URL');
}

/** The URL of an empty database of the caller's own, for specs that look at the schema itself. */
export async function freshPostgresUrl(): Promise<string> {
  const url = new URL(postgresUrl());
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await client.query(`create database ${name}`).finally(() => client.end());
  url.pathname = `/${name}`;
  return url.href;
}

function given(variable: string): string {
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set: run this spec by Vitest from the root of the repository.`);
  return url;
}

/**
 * Vitest's global setup: one private Redis and PostgreSQL for the run, unless REDIS_URL or DATABASE_URL name others.
 * Those two are taken out of the environment, so that no spec meets a backend it did not ask for.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const { REDIS_URL, DATABASE_URL } = process.env;
  const [redis, postgres] = await Promise.all([
    REDIS_URL ? undefined : startRedis(),
    DATABASE_URL ? undefined : startPostgres(),
  ]);
  delete process.env.REDIS_URL;
  delete process.env.DATABASE_URL;
  process.env.ROOKERY_TEST_REDIS_URL = REDIS_URL ?? redis?.url;
  process.env.ROOKERY_TEST_DATABASE_URL = DATABASE_URL ?? postgres?.url;
  return async () => {
    await Promise.all([redis?.stop(), postgres?.stop()]);
  };
}
