import type { RedisStore } from 'cache-manager-redis-yet';

export const CONNECT_TIMEOUT_MS = 5_000;

/** What the driver asks of the client beside what cache-manager-redis-yet does. */
export interface ScriptClient {
  evalSha(hash: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  pExpire(key: string, ttlMs: number): Promise<boolean>;
}

/** A connection, and the store of cache-manager-redis-yet over it. Not yet open. */
export interface StoreConnection {
  store: Pick<RedisStore, 'get' | 'set'>;
  client: ScriptClient;
  open(): Promise<unknown>;
  /** What the socket complained of last. */
  lastError(): unknown;
  /** Gives up the socket, which may be dead without a word, for a new one. */
  reconnect(): Promise<void>;
  close(): Promise<void>;
}
