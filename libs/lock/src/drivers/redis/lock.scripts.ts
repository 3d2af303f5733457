import { RedisScript } from '@rookery/core/redis';
import { PATIENCE_MS, RESERVED_MS } from '../../lock.driver.js';

/**
 * What the scripts share. A key has four Redis keys: itself (who holds it: the owner, as in redis-semaphore's mutex, or
 * `*<rule>` while several may), its members (owner -> "ends weight token"), its line (owner -> "arrived seen weight
 * rule") and its fence (the last token). A rule is `exclusive`, `shared`, or the number of permits.
 */
const SHARED = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function whole(number) return string.format('%.0f', number) end

-- Those in a room whose leases have not ended, what they weigh, and when the last lease ends.
local function room(members)
  local inside, used, last = {}, 0, 0
  local all = redis.call('hgetall', members)
  for i = 1, #all, 2 do
    local ends, weight, token = string.match(all[i + 1], '^(%d+) (%d+) (%d+)$')
    ends = tonumber(ends)
    if ends <= now then
      redis.call('hdel', members, all[i])
    else
      inside[#inside + 1] = { owner = all[i], ends = ends, weight = weight, token = token }
      used = used + weight
      last = math.max(last, ends)
    end
  end
  return inside, used, last
end

local function member(members, owner)
  for _, one in ipairs((room(members))) do
    if one.owner == owner then return one end
  end
end

local function holds(key, members, owner, rule)
  local held = redis.call('get', key)
  if rule == 'exclusive' then return held == owner end
  return held == '*' .. rule and member(members, owner) ~= nil
end

-- Sets the room's own end, or ends it when it is empty.
local function settle(key, members)
  local inside, _, last = room(members)
  if #inside == 0 then return redis.call('del', key, members) end
  redis.call('pexpire', key, last - now)
  redis.call('pexpire', members, last - now)
end

local function enter(key, members, owner, rule, weight, ms, token)
  if rule == 'exclusive' then
    redis.call('del', members)
    redis.call('set', key, owner, 'PX', ms)
    return
  end
  local known = redis.call('get', key) == '*' .. rule
  if not known then redis.call('del', members) end
  token = token or (known and (member(members, owner) or {}).token) or 0
  redis.call('hset', members, owner, whole(now + ms) .. ' ' .. weight .. ' ' .. token)
  redis.call('set', key, '*' .. rule, 'PX', ms)
  settle(key, members)
end

local function fits(key, members, one)
  local held = redis.call('get', key)
  if not held then return true end
  if one.rule == 'exclusive' then
    local inside = room(members)
    return string.sub(held, 1, 1) == '*' and #inside == 1 and inside[1].owner == one.owner
  end
  if held ~= '*' .. one.rule then return false end
  local permits = tonumber(one.rule)
  local _, used = room(members)
  return not permits or used + one.weight <= permits
end

-- Lets in those first in line, as many as fit, and returns them.
local function serve(key, members, queue)
  local woken, line = {}, {}
  local all = redis.call('hgetall', queue)
  for i = 1, #all, 2 do
    local arrived, seen, weight, rule = string.match(all[i + 1], '^(%-?%d+) (%d+) (%d+) (.*)$')
    if tonumber(seen) + ${PATIENCE_MS} < now then
      redis.call('hdel', queue, all[i])
    else
      line[#line + 1] = { owner = all[i], arrived = tonumber(arrived), weight = tonumber(weight), rule = rule }
    end
  end
  table.sort(line, function(a, b) return a.arrived < b.arrived end)
  for _, one in ipairs(line) do
    if not fits(key, members, one) then break end
    local inside = member(members, one.owner)
    enter(key, members, one.owner, one.rule, one.weight, math.max(${RESERVED_MS}, inside and inside.ends - now or 0))
    redis.call('hdel', queue, one.owner)
    woken[#woken + 1] = one.owner
  end
  return woken
end

local function append(list, more, except)
  for _, one in ipairs(more) do
    if one ~= except then list[#list + 1] = one end
  end
end

local function leave(key, members, queue, owner)
  redis.call('hdel', queue, owner)
  local held = redis.call('get', key)
  local was = held == owner
  if was then
    redis.call('del', key)
  elseif held and string.sub(held, 1, 1) == '*' then
    was = member(members, owner) ~= nil
    redis.call('hdel', members, owner)
    settle(key, members)
  end
  return was, serve(key, members, queue)
end
`;

/**
 * Issues a token larger than the last of all keys; the clock makes it so too, hence the memory of the last may end. Or
 * remembers the one that this grant has been given elsewhere.
 */
const ISSUE = `
local function issue(given)
  local time = redis.call('time')
  local token = given or time[1] * 1000000 + time[2]
  for i = 4, #KEYS, 4 do
    token = math.max(token, (redis.call('get', KEYS[i]) or 0) + (given and 0 or 1))
  end
  token = string.format('%.0f', token)
  for i = 4, #KEYS, 4 do
    redis.call('set', KEYS[i], token, 'PX', 86400000 + ttl)
  end
  return token
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
  if waited <= 0 and redis.call('set', KEYS[1], owner, 'PX', ttl, 'NX') then return issue(given) end
  if redis.call('get', KEYS[1]) == owner then
    redis.call('pexpire', KEYS[1], ttl)
    return issue(given)
  end
end
${SHARED}
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

local function ask(key, members, queue)
  local held = redis.call('get', key)
  if held == owner and rule == 'exclusive' then return 'granted' end
  local inUse = held and (string.match(held, '^%*(.*)$') or 'exclusive')
  local refused = held and refusal(members, queue, inUse)
  if refused then return refused, inUse end
  if not holds(key, members, owner, rule) then
    local arrived = member(members, owner) and 0 or now - math.max(waited, 0)
    redis.call('hset', queue, owner, whole(arrived) .. ' ' .. whole(now) .. ' ' .. weight .. ' ' .. rule)
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
${SHARED}
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

/** ARGV: owner. Answers 1 alone on the usual way: one key, for which nobody waits. */
export const RELEASE = new RedisScript<1 | [released: number, wake: string[]]>(`
if #KEYS == 4 and redis.call('get', KEYS[1]) == ARGV[1] and redis.call('exists', KEYS[3]) == 0 then
  return redis.call('del', KEYS[1])
end
${SHARED}
local released, wake = 1, {}
for i = 1, #KEYS, 4 do
  local was, woken = leave(KEYS[i], KEYS[i + 1], KEYS[i + 2], ARGV[1])
  if not was then released = 0 end
  append(wake, woken)
end
return { released, wake }`);

type Flat = [owner: string, weight: string, token: string, leftMs: string];

/** Answers who holds it, the milliseconds its lease has left, the last token, how many wait, and the members. */
export const INSPECT = new RedisScript<
  [held: string, leftMs: number, token: string, waiters: number, members: Flat[]] | null
>(`
${SHARED}
local held = redis.call('get', KEYS[1])
if not held then return nil end
local members = {}
for _, one in ipairs((room(KEYS[2]))) do
  members[#members + 1] = { one.owner, one.weight, one.token, whole(one.ends - now) }
end
local token = redis.call('get', KEYS[4]) or '0'
return { held, redis.call('pttl', KEYS[1]), token, redis.call('hlen', KEYS[3]), members }`);
