import type { Check } from '../check.js';
import type { Patient } from '../patient.js';
import { postgresSetting, redisInfo } from '../store-facts.js';

export const OLDEST_REDIS = [6, 2];
export const OLDEST_POSTGRES = 13;

export const storeTooOld: Check = {
  id: 'RK012',
  severity: 'error',
  why: 'Commands that the modules rely on are missing or behave differently; it is not tested with them.',
  cure: `Use Redis ${OLDEST_REDIS.join('.')} or PostgreSQL ${OLDEST_POSTGRES}, or newer.`,
  find: async (patient) => [...(await oldRedis(patient)), ...(await oldPostgres(patient))],
};

async function oldRedis({ redis }: Patient): Promise<string[]> {
  if (!redis) return [];
  const version = (await redisInfo(redis, 'server')).get('redis_version') ?? '0';
  return isOlder(version, OLDEST_REDIS) ? [`${redis.address} is Redis ${version}`] : [];
}

async function oldPostgres({ postgres }: Patient): Promise<string[]> {
  if (!postgres) return [];
  const version = await postgresSetting(postgres, 'server_version');
  return isOlder(version, [OLDEST_POSTGRES]) ? [`${postgres.address} is PostgreSQL ${version}`] : [];
}

/** Whether a version such as "6.2.14" or "12.4 (Debian)" comes before the oldest that will do. */
export function isOlder(version: string, oldest: number[]): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const index = oldest.findIndex((least, at) => (parts[at] ?? 0) !== least);
  return index >= 0 && (parts[index] ?? 0) < oldest[index];
}
