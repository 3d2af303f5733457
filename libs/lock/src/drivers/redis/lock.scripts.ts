import { RedisScript } from '@rookery/core/redis';
import { PATIENCE_MS, RESERVED_MS } from '../../lock.driver.js';
import { ROOMS } from './lock-rooms.lua.js';

/**
 * Issues a token larger than the last of all keys; the clock makes it so too, hence the memory of the last may end. Or
 * remembers the one that this grant has been given elsewhere. Text goes to Redis as text: Lua is slow to write numbers.
 */
const ISSUE = `
local function issue(given)
  local time = redis.call('time')
  local token = given or time[1] * 1000000 + time[2]
  local text, keptMs = string.format('%.0f', token), '172800000'
  if ttl > 86400000 then keptMs = string.format('%.0f', ttl * 2) end
  local least = token
  for i = 4, #KEYS, 4 do
    local last = redis.call('set', KEYS[i], text, 'PX', keptMs, 'GET')
    if last then least = math.max(least, last + (given and 0 or 1)) end
  end
  if least == token then return text end
  text = string.format('%.0f', least)
  for i = 4, #KEYS, 4 do
    redis.call('set', KEYS[i], text, 'PX', keptMs)
  end
  return text
end
`;

/**
 * ARGV: owner, ttl, how long it waited (-1: it does not), then unless it is one exclusive key: rule, weight, and a token
 * given elsewhere. Answers the token alone on the usual way: the key is free, or a release has handed it over.
 */
export const ACQUIRE = new RedisScript<string | [status: string, detail: string, wake: string[]]>(`
local owner, ttl, waited = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local rule, weight, given = ARGV[4] or 'exclusive', tonumber(ARGV[5] or 1), tonumber(ARGV[6])
${ISSUE}
if #ARGV == 3 then
  -- As redis-semaphore's mutex does it. Who has waited before may have others in front.
  if waited <= 0 and redis.call('set', KEYS[1], owner, 'PX', ARGV[2], 'NX') then return issue(given) end
  if redis.call('get', KEYS[1]) == owner then
    redis.call('pexpire', KEYS[1], ARGV[2])
    return issue(given)
  end
end
${ROOMS}
local wake = {}

local function refusal(members, queue, inUse)
  if inUse ~= rule and (tonumber(rule) or tonumber(inUse)) then return 'mismatch' end
  if rule ~= 'exclusive' or inUse == rule or not member(members, owner) then return end
  local all = redis.call('hgetall', queue)
  for i = 1, #all, 2 do
    if all[i] ~= owner and string.match(all[i + 1], ' exclusive$') and member(members, all[i]) then return 'deadlock' end
  end
end

local function giveBack(upTo)
  for i = 1, upTo, 4 do
    local _, woken = leave(KEYS[i], KEYS[i + 1], KEYS[i + 2], owner)
    append(wake, woken)
  end
end

-- What a waiter already has is kept for it until it asks again.
local function keep(key, members)
  if rule == 'exclusive' then
    if redis.call('pttl', key) < ${RESERVED_MS} then redis.call('pexpire', key, ${RESERVED_MS}) end
  elseif member(members, owner).ends - now < ${RESERVED_MS} then
    enter(key, members, owner, rule, weight, ${RESERVED_MS})
  end
end

local function ask(key, members, queue)
  local held = redis.call('get', key)
  if held == owner and rule == 'exclusive' then return 'granted' end
  local inUse = held and (string.match(held, '^%*(.*)$') or 'exclusive')
  local refused = held and refusal(members, queue, inUse)
  if refused then return refused, inUse end
  if not holds(key, members, owner, rule) then
    -- To the microsecond: who comes a millisecond later comes later.
    local arrived = member(members, owner) and 0 or instant - math.max(waited, 0)
    redis.call('hset', queue, owner, string.format('%.3f', arrived) .. ' ' .. whole(now) .. ' ' .. weight .. ' ' .. rule)
    redis.call('pexpire', queue, ${PATIENCE_MS * 2})
    append(wake, serve(key, members, queue), owner)
  end
  return holds(key, members, owner, rule) and 'granted' or 'busy'
end

for i = 1, #KEYS, 4 do
  local status, inUse = ask(KEYS[i], KEYS[i + 1], KEYS[i + 2])
  if status ~= 'granted' then
    if waited < 0 or status ~= 'busy' then
      redis.call('hdel', KEYS[i + 2], owner)
      giveBack(i - 1)
    else
      for j = 1, i - 1, 4 do keep(KEYS[j], KEYS[j + 1]) end
    end
    return { status, status == 'mismatch' and (i - 1) / 4 .. ' ' .. inUse or '', wake }
  end
end
local token = issue(given)
for i = 1, #KEYS, 4 do
  if rule == 'exclusive' then
    redis.call('pexpire', KEYS[i], ttl)
  else
    enter(KEYS[i], KEYS[i + 1], owner, rule, weight, ttl, token)
  end
end
return { 'granted', token, wake }`);

/** ARGV: owner, ttl, rule, weight, heir. Only keys that are all held are extended. */
export const EXTEND = new RedisScript<number>(`
${ROOMS}
local owner, ttl, rule, weight, heir = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), ARGV[5]
for i = 1, #KEYS, 4 do
  if not holds(KEYS[i], KEYS[i + 1], owner, rule) then return 0 end
end
for i = 1, #KEYS, 4 do
  local inside = rule ~= 'exclusive' and member(KEYS[i + 1], owner)
  if inside then redis.call('hdel', KEYS[i + 1], owner) end
  enter(KEYS[i], KEYS[i + 1], heir, rule, weight, ttl, inside and inside.token)
end
return 1`);

/**
 * ARGV: owner, and the channel of other replicas but for their ids, if they are to be told. Answers 1 alone on the usual
 * way: one key, for which nobody waits.
 */
export const RELEASE = new RedisScript<1 | [released: number, wake: string[]]>(`
if #KEYS == 4 and redis.call('get', KEYS[1]) == ARGV[1] and redis.call('exists', KEYS[3]) == 0 then
  return redis.call('del', KEYS[1])
end
${ROOMS}
local released, wake = 1, {}
for i = 1, #KEYS, 4 do
  local was, woken = leave(KEYS[i], KEYS[i + 1], KEYS[i + 2], ARGV[1])
  if not was then released = 0 end
  append(wake, woken)
end
if ARGV[2] then
  local function replica(one) return string.match(one, '^(.*)/') or '' end
  for _, one in ipairs(wake) do
    if replica(one) ~= replica(ARGV[1]) then redis.call('publish', ARGV[2] .. replica(one), one) end
  end
end
return { released, wake }`);

type Flat = [owner: string, weight: string, token: string, leftMs: string];

/** Answers who holds it, the milliseconds its lease has left, the last token, how many wait, and the members. */
export const INSPECT = new RedisScript<
  [held: string, leftMs: number, token: string, waiters: number, members: Flat[]] | null
>(`
${ROOMS}
local held = redis.call('get', KEYS[1])
if not held then return nil end
local members = {}
for _, one in ipairs((room(KEYS[2]))) do
  members[#members + 1] = { one.owner, one.weight, one.token, whole(one.ends - now) }
end
local token = redis.call('get', KEYS[4]) or '0'
return { held, redis.call('pttl', KEYS[1]), token, redis.call('hlen', KEYS[3]), members }`);
