import { randomUUID } from 'node:crypto';
import { sleep, withDeadline, type Backend } from '@rookery/core';
import type { PostgresBackend } from '@rookery/core/postgres';
import type { RedisBackend, RedisClient } from '@rookery/core/redis';

const DEADLINE_MS = 2_000;

/** One section of Redis INFO. */
export async function redisInfo({ client }: RedisBackend, section: string): Promise<Map<string, string>> {
  const text = await withDeadline('Redis INFO', (client as { info(section: string): Promise<string> }).info(section));
  return new Map(text.split(/\r?\n/).flatMap((line) => (line.includes(':') ? [splitOnce(line)] : [])));
}

/** A setting of the server, or undefined where the provider forbids to ask (most managed ones do). */
export async function redisSetting({ client }: RedisBackend, name: string): Promise<string | undefined> {
  const config = (client as Pick<RedisClient, 'config'>).config('GET', name) as Promise<string[]>;
  return withDeadline('Redis CONFIG GET', config).then(
    (pair) => pair[1],
    () => undefined,
  );
}

/** A setting of the server, e.g. `server_version`. */
export async function postgresSetting(postgres: PostgresBackend, name: string): Promise<string> {
  const { rows } = await postgres.query<{ value: string }>('select current_setting($1) as value', [name]);
  return rows[0].value;
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

/**
 * Whether something between us and PostgreSQL hands out another server connection with every transaction: while a
 * second client holds one in a transaction, the first client's next statement lands elsewhere.
 */
export async function poolsTransactions({ pool }: PostgresBackend): Promise<boolean> {
  const [first, second] = [await pool.connect(), await pool.connect()];
  try {
    const before = await serverOf(first);
    // A server tells its process id when a client connects; a pooler makes one up.
    if (before === (first as { processID?: number }).processID) return false;
    await second.query('begin');
    await serverOf(second);
    const after = await withDeadline('The second look', serverOf(first), { deadlineMs: DEADLINE_MS }).catch(() => -1);
    return after !== before;
  } finally {
    await second.query('rollback').catch(() => undefined);
    first.release();
    second.release();
  }
}

async function serverOf(client: { query(sql: string): Promise<{ rows: unknown[] }> }): Promise<number> {
  return ((await client.query('select pg_backend_pid() as pid')).rows[0] as { pid: number }).pid;
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf(':');
  return [line.slice(0, at), line.slice(at + 1)];
}
