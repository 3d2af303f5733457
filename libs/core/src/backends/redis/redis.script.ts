import { createHash } from 'node:crypto';
import type { RedisClient } from './redis.backend.js';

/**
 * A Lua script, sent by its hash; a server that does not know it (first use, restart, failover) gets its text.
 *
 * @example
 * const deleteIfEqual = new RedisScript<number>(`if redis.call('get', KEYS[1]) == ARGV[1] then … end`);
 * await deleteIfEqual.run(client, [key], [owner]);
 */
export class RedisScript<Result> {
  private readonly hash: string;

  constructor(private readonly lua: string) {
    this.hash = createHash('sha1').update(lua).digest('hex');
  }

  /** Runs it by its hash, and loads it first where the server does not know it yet. */
  async run(client: RedisClient, keys: string[], args: (string | number)[] = []): Promise<Result> {
    try {
      return (await client.evalsha(this.hash, keys.length, ...keys, ...args)) as Result;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return (await client.eval(this.lua, keys.length, ...keys, ...args)) as Result;
    }
  }
}
