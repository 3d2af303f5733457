import { checkMs, checkName } from '@rookery/core';
import { RedisScript, type RedisClient } from '@rookery/core/redis';
import { StaleFenceError } from './fence.errors.js';

/** Answers whether the token was new enough. */
const SET = new RedisScript<number>(`
if tonumber(redis.call('get', KEYS[2]) or '0') > tonumber(ARGV[1]) then return 0 end
redis.call('set', KEYS[2], ARGV[1])
if ARGV[3] == '' then
  redis.call('set', KEYS[1], ARGV[2])
else
  redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1`);

/** How a fenced value is kept. */
export interface FencedSetOptions {
  /** Milliseconds until the value ends. Its fence stays. @default it stays */
  ttlMs?: number;
}

/**
 * SET that is refused when a newer holder of the lock has written the key: the check and the write are one script. The
 * last token is kept beside the value, under `{<key>}:fence` (the same slot of a Redis Cluster), without an end.
 *
 * @throws StaleFenceError when a newer token has been seen; nothing is written then
 * @example await fencedSet(client, 'stock:42', '17', lock.fencingToken);
 */
export async function fencedSet(
  client: RedisClient,
  key: string,
  value: string,
  token: number,
  { ttlMs }: FencedSetOptions = {},
): Promise<void> {
  checkName('The fenced key', key, 1_024);
  const ttl = ttlMs === undefined ? '' : checkMs(`ttlMs of "${key}"`, ttlMs, 1);
  const written = await SET.run(client, [key, fenceOf(key)], [token, value, ttl]);
  if (written !== 1) throw new StaleFenceError(key, token);
}

/** A key without a hash tag becomes the tag of its fence, so that both are in one slot. */
const fenceOf = (key: string) => (/\{[^}]+\}/.test(key) ? `${key}:fence` : `{${key}}:fence`);
