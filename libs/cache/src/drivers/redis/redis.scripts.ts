import { createHash } from 'node:crypto';
import type { ScriptClient } from './store-connection.js';

/** A Lua script on the connection of cache-manager-redis-yet, sent by its hash. */
export class Script<Result> {
  private readonly hash: string;

  constructor(private readonly lua: string) {
    this.hash = createHash('sha1').update(lua).digest('hex');
  }

  /** @param onResend called when the server does not know the script: what was sent after it is answered before it */
  async run(
    client: ScriptClient,
    keys: string[],
    args: (string | number)[] = [],
    onResend?: () => void,
  ): Promise<Result> {
    const options = { keys, arguments: args.map(String) };
    try {
      return (await client.evalSha(this.hash, options)) as Result;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      onResend?.();
      return (await client.eval(this.lua, options)) as Result;
    }
  }
}

const NOW = `
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]`;

/** KEYS lease, awaited · ARGV owner, leaseMs → granted, now */
export const BEGIN_FILL = new Script<[number, string]>(`${NOW}
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then
  redis.call('set', KEYS[2], '1', 'PX', ARGV[2])
  return {0, string.format('%.0f', now)}
end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, string.format('%.0f', now)}`);

/** KEYS lease · ARGV owner, leaseMs → 1 while held */
export const EXTEND_FILL = new Script<number>(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[2])`);

/**
 * The value was written beside its place, by cache-manager-redis-yet and in the same packet; here it takes the place, if
 * the lease is still the owner's. KEYS lease, awaited, draft, entry · ARGV owner → stored, awaited
 */
export const END_FILL = new Script<[number, number]>(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then
  redis.call('unlink', KEYS[3])
  return {0, 0}
end
local stored = redis.call('exists', KEYS[3])
if stored == 1 then redis.call('rename', KEYS[3], KEYS[4]) end
redis.call('del', KEYS[1])
return {stored, redis.call('del', KEYS[2])}`);

/** Without a draft (refused, or ended already) the old value goes all the same. KEYS lease, draft, entry */
export const PUT = new Script<number>(`
if redis.call('exists', KEYS[2]) == 1 then redis.call('rename', KEYS[2], KEYS[3]) else redis.call('unlink', KEYS[3]) end
return redis.call('del', KEYS[1])`);

/** KEYS lease, entry → how many entries there were */
export const REMOVE = new Script<number>(`
redis.call('del', KEYS[1])
return redis.call('unlink', KEYS[2])`);

/** KEYS tags · ARGV ttlMs → their versions; made now (with a plus sign) where there is none */
export const VERSIONS = new Script<string[]>(`${NOW}
local versions = {}
for i, key in ipairs(KEYS) do
  local version = redis.call('get', key)
  if version then
    redis.call('pexpire', key, ARGV[1])
    versions[i] = version
  else
    local made = string.format('%.0f', now)
    redis.call('set', key, made, 'PX', ARGV[1])
    versions[i] = '+' .. made
  end
end
return versions`);

/** KEYS tags · ARGV ttlMs */
export const BUMP = new Script<number>(`${NOW}
for _, key in ipairs(KEYS) do
  local version = math.max(tonumber(redis.call('get', key) or '0') + 1, now)
  redis.call('set', key, string.format('%.0f', version), 'PX', ARGV[1])
end
return #KEYS`);

/** → the time in milliseconds */
export const TIME = new Script<string>(`${NOW}
return string.format('%.0f', math.floor(now / 1000))`);
