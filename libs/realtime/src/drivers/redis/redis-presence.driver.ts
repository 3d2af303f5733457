import { resourceKey } from '@rookery/core';
import { RedisScript, type RedisBackend } from '@rookery/core/redis';
import type { Presence, PresenceDriver } from '../../realtime.driver.js';

/** Redis has no set of sets; the living replicas are those whose time in the sorted set has not come. */
const LIVING = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local living = redis.call('zrangebyscore', KEYS[1], string.format('(%.0f', now), '+inf')
local function elsewhere(prefix, room, user, except)
  for _, replica in ipairs(living) do
    if replica ~= except and redis.call('sismember', prefix .. replica .. ':' .. room, user) == 1 then return true end
  end
  return false
end`;

/** KEYS: replicas, the replica's rooms. ARGV: prefix, replica, then room, user … Answers the indexes of who is new. */
const ENTER = new RedisScript<number[]>(`${LIVING}
local new = {}
for i = 3, #ARGV, 2 do
  local room, user = ARGV[i], ARGV[i + 1]
  redis.call('sadd', KEYS[2], room)
  local added = redis.call('sadd', ARGV[1] .. ARGV[2] .. ':' .. room, user)
  if added == 1 and not elsewhere(ARGV[1], room, user, ARGV[2]) then new[#new + 1] = (i - 3) / 2 end
end
return new`);

const LEAVE = new RedisScript<number[]>(`${LIVING}
local gone = {}
for i = 3, #ARGV, 2 do
  local room, user = ARGV[i], ARGV[i + 1]
  local set = ARGV[1] .. ARGV[2] .. ':' .. room
  local removed = redis.call('srem', set, user)
  if redis.call('exists', set) == 0 then redis.call('srem', KEYS[2], room) end
  if removed == 1 and not elsewhere(ARGV[1], room, user, ARGV[2]) then gone[#gone + 1] = (i - 3) / 2 end
end
return gone`);

/** KEYS: replicas. ARGV: prefix, room. */
const USERS = new RedisScript<string[]>(`${LIVING}
local sets = {}
for i, replica in ipairs(living) do sets[i] = ARGV[1] .. replica .. ':' .. ARGV[2] end
if #sets == 0 then return {} end
return redis.call('sunion', unpack(sets))`);

const RENEW = new RedisScript<number>(`
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('zscore', KEYS[1], ARGV[1])
redis.call('zadd', KEYS[1], now + ARGV[2], ARGV[1])
return known and 1 or 0`);

/** KEYS: replicas. ARGV: prefix, prefix of the replicas' rooms. One replica at a time, so that no script runs for long. */
const SWEEP = new RedisScript<string[] | null>(`${LIVING}
local dead = redis.call('zrangebyscore', KEYS[1], '-inf', string.format('%.0f', now), 'limit', 0, 1)[1]
if not dead then return nil end
local gone = {}
for _, room in ipairs(redis.call('smembers', ARGV[2] .. dead)) do
  local set = ARGV[1] .. dead .. ':' .. room
  for _, user in ipairs(redis.call('smembers', set)) do
    if not elsewhere(ARGV[1], room, user, dead) then gone[#gone + 1] = room; gone[#gone + 1] = user end
  end
  redis.call('del', set)
end
redis.call('del', ARGV[2] .. dead)
redis.call('zrem', KEYS[1], dead)
return gone`);

/**
 * Presence in Redis: per replica and room a set of users, and one sorted set of the replicas' times. All keys of a
 * namespace share a hash tag.
 */
export class RedisPresenceDriver implements PresenceDriver {
  constructor(private readonly backend: RedisBackend) {}

  async enter(nsp: string, replica: string, presences: readonly Presence[]): Promise<Presence[]> {
    return this.change(ENTER, nsp, replica, presences);
  }

  async leave(nsp: string, replica: string, presences: readonly Presence[]): Promise<Presence[]> {
    return this.change(LEAVE, nsp, replica, presences);
  }

  async users(nsp: string, room: string): Promise<string[]> {
    return USERS.run(this.backend.client, [this.key(nsp, 'replicas')], [this.key(nsp, 'users:'), room]);
  }

  async renew(nsp: string, replica: string, ttlMs: number): Promise<boolean> {
    return (await RENEW.run(this.backend.client, [this.key(nsp, 'replicas')], [replica, ttlMs])) === 1;
  }

  async sweepReplicas(nsp: string): Promise<Presence[]> {
    const gone: Presence[] = [];
    for (;;) {
      const pairs = await SWEEP.run(
        this.backend.client,
        [this.key(nsp, 'replicas')],
        [this.key(nsp, 'users:'), this.key(nsp, 'rooms:')],
      );
      if (!pairs) return gone;
      for (let i = 0; i < pairs.length; i += 2) gone.push({ room: pairs[i], user: pairs[i + 1] });
    }
  }

  private async change(script: RedisScript<number[]>, nsp: string, replica: string, presences: readonly Presence[]) {
    const indexes = await script.run(
      this.backend.client,
      [this.key(nsp, 'replicas'), this.key(nsp, `rooms:${replica}`)],
      [this.key(nsp, 'users:'), replica, ...presences.flatMap(({ room, user }) => [room, user])],
    );
    return indexes.map((index) => presences[index]);
  }

  private key(nsp: string, part: string): string {
    return resourceKey(this.backend.namespace, 'realtime', nsp, part);
  }
}
