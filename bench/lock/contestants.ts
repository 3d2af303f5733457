import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { redis } from '@rookery/core/redis';
import { postgres } from '@rookery/core/postgres';
import type { Backend } from '@rookery/core';
import { LockModule, LockService } from '@rookery/lock';
import { Test } from '@nestjs/testing';
import { Mutex } from 'redis-semaphore';
import Redlock from 'redlock';

/** One way to lock a key, as an app would use it: acquires, and resolves how to release. */
export interface Contestant {
  acquire(key: string): Promise<() => Promise<unknown>>;
  /** How many commands have been sent to Redis so far. */
  commands(): number;
  close(): Promise<unknown>;
}

const TTL_MS = 30_000;
const WAIT_MS = 60_000;

/** Ours on a backend. */
export async function ours(backend: Backend, commands: () => number = () => 0): Promise<Contestant> {
  const app = await Test.createTestingModule({
    imports: [LockModule.forRoot({ backend, ttlMs: TTL_MS, waitMs: WAIT_MS })],
  }).compile();
  await app.init();
  const locks = app.get(LockService);
  return {
    acquire: async (key) => {
      const lock = await locks.acquire(key);
      return () => lock.release();
    },
    commands,
    close: () => app.close(),
  };
}

/** Ours on Redis. */
export async function oursOnRedis(url: string, namespace: string): Promise<Contestant> {
  const client = new Redis(url);
  const commands = counted(client);
  const contestant = await ours(redis({ client, namespace }), commands);
  return { ...contestant, close: () => contestant.close().then(() => client.disconnect()) };
}

/** Ours on PostgreSQL, with one pooled connection and the one that listens. */
export const oursOnPostgres = (url: string, namespace: string) => ours(postgres({ url, namespace, poolSize: 1 }));

/** redis-semaphore's Mutex, with its defaults but for the time it waits. */
export function redisSemaphore(url: string, namespace: string): Contestant {
  const client = new Redis(url);
  return {
    acquire: async (key) => {
      const mutex = new Mutex(client, `${namespace}:${key}`, { lockTimeout: TTL_MS, acquireTimeout: WAIT_MS });
      await mutex.acquire();
      return () => mutex.release();
    },
    commands: counted(client),
    close: async () => client.disconnect(),
  };
}

/** redlock on one server, with its defaults but for how often it tries again. */
export function redlockOn(url: string, namespace: string): Contestant {
  const client = new Redis(url);
  const locks = new Redlock([client], { retryCount: 1_000 });
  return {
    acquire: async (key) => {
      const lock = await locks.acquire([`${namespace}:${key}`], TTL_MS);
      return () => lock.release();
    },
    commands: counted(client),
    close: async () => client.disconnect(),
  };
}

/** pg_advisory_lock by hand: a connection for each who holds or waits. */
export function advisoryLock(url: string, namespace: string): Contestant {
  const pool = new Pool({ connectionString: url, max: 60 });
  return {
    acquire: async (key) => {
      const client = await pool.connect();
      await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [`${namespace}:${key}`]);
      return async () => {
        await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [`${namespace}:${key}`]);
        client.release();
      };
    },
    commands: () => 0,
    close: () => pool.end(),
  };
}

function counted(client: Redis): () => number {
  let sent = 0;
  const send = client.sendCommand.bind(client);
  client.sendCommand = (...args) => {
    sent++;
    return send(...args);
  };
  return () => sent;
}
