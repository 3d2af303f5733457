import { PATIENCE_MS, RESERVED_MS } from '../../lock.driver.js';

/**
 * What the scripts share. A key has four Redis keys: itself (who holds it: the owner, as in redis-semaphore's mutex, or
 * `*<rule>` while several may), its members (owner -> "ends weight token"), its line (owner -> "arrived seen weight
 * rule") and its fence (the last token). A rule is `exclusive`, `shared`, or the number of permits.
 */
export const ROOMS = `
local time = redis.call('time')
local instant = time[1] * 1000 + time[2] / 1000
local now = math.floor(instant)
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
    local arrived, seen, weight, rule = string.match(all[i + 1], '^(%-?[%d.]+) (%d+) (%d+) (.*)$')
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
