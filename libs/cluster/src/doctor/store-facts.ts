import { randomUUID } from 'node:crypto';
import { sleep, withDeadline, type Backend } from '@rookery/core';
import type { PostgresBackend } from '@rookery/core/postgres';
import type { RedisBackend, RedisClient } from '@rookery/core/redis';

const DEADLINE_MS = 2_000;

/** One section of Redis INFO. */
export async function redisInfo(redis: Backend, section: string): Promise<Map<string, string>> {
  const { client } = redis as RedisBackend;
  const text = await withDeadline('Redis INFO', (client as { info(section: string): Promise<string> }).info(section));
  return new Map(text.split(/\r?\n/).flatMap((line) => (line.includes(':') ? [splitOnce(line)] : [])));
}

/** A setting of the server, or undefined where the provider forbids to ask (most managed ones do). */
export async function redisSetting(redis: Backend, name: string): Promise<string | undefined> {
  const { client } = redis as RedisBackend;
  const config = (client as Pick<RedisClient, 'config'>).config('GET', name) as Promise<string[]>;
  return withDeadline('Redis CONFIG GET', config).then(
    (pair) => pair[1],
    () => undefined,
  );
}

/** A setting of the server, e.g. `server_version`. */
export async function postgresSetting(postgres: Backend, name: string): Promise<string> {
  const sql = 'select current_setting($1) as value';
  const { rows } = await (postgres as PostgresBackend).query<{ value: string }>(sql, [name]);
  return rows[0].value;
}

/** How many connections our pool may open. */
export function poolSize(postgres: Backend): number {
  return (postgres as PostgresBackend).pool.options.max;
}

/** Whether a message comes back to its publisher. */
export async function busDelivers({ bus }: Backend): Promise<boolean> {
  const channel = `doctor:${randomUUID()}`;
  let arrived: () => void = () => undefined;
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  const unsubscribe = await bus.subscribe(channel, arrived);
  try {
    await bus.publish(channel, 'echo');
    return await Promise.race([arrival.then(() => true), sleep(DEADLINE_MS).then(() => false)]);
  } finally {
    await unsubscribe();
  }
}

/** Whether a pooler stands between us and PostgreSQL: a server tells its process id when a client connects, a pooler makes one up. */
export async function isPooled(postgres: Backend): Promise<boolean> {
  const client = await (postgres as PostgresBackend).pool.connect();
  try {
    const { rows } = await withDeadline(
      'Asking for the server process',
      client.query('select pg_backend_pid() as pid'),
    );
    return (rows as { pid: number }[])[0].pid !== (client as { processID?: number }).processID;
  } finally {
    client.release();
  }
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf(':');
  return [line.slice(0, at), line.slice(at + 1)];
}
