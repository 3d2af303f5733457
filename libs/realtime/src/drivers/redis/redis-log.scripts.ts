import { RedisScript } from '@rookery/core/redis';

/** Reads the log of KEYS[1] into `log`: epoch and last offset. Where there is none, one begins at the store's time. */
const begun = (epoch: string) => `
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
local log = redis.call('hmget', KEYS[1], 'epoch', 'last')
if not log[1] then
  log = { ${epoch}, string.format('%.0f', now) }
  redis.call('hset', KEYS[1], 'epoch', log[1], 'last', log[2])
end`;

/**
 * KEYS: the log, then the rooms' histories. ARGV: channel, publisher, last seq of the batch, history size, history ms,
 * number of entries; the bodies; and for each room of an entry both their indexes, from 0. The log remembers of each
 * publisher its last seq, and when that was. Answers 0 when there is no log.
 */
export const APPEND = new RedisScript<0 | null>(`
local log = redis.call('hmget', KEYS[1], 'epoch', 'last', 'seq:' .. ARGV[2])
if not log[1] then return 0 end
local done = log[3] and tonumber(string.match(log[3], '^%d+'))
if done and done >= tonumber(ARGV[3]) then return end
local time = redis.call('time')
local first = math.max(log[2] + 1, time[1] * 1000000 + time[2])
local count = ARGV[6]
for i = 7 + count, #ARGV, 2 do
  local id = string.format('%.0f', first + ARGV[i])
  redis.call('xadd', KEYS[2 + ARGV[i + 1]], 'maxlen', ARGV[4], id, 'p', ARGV[2], 'b', ARGV[7 + ARGV[i]])
end
for i = 2, #KEYS do redis.call('pexpire', KEYS[i], ARGV[5]) end
local last = string.format('%.0f', first + count - 1)
redis.call('hset', KEYS[1], 'last', last, 'seq:' .. ARGV[2], ARGV[3] .. ' ' .. last)
local head = string.format('%s %s %.0f %s ', log[1], log[2], first, ARGV[2])
redis.call('publish', ARGV[1], head .. '[' .. table.concat(ARGV, ',', 7, 6 + count) .. ']')`);

/**
 * KEYS: the log, its limits. ARGV: history size and ms, and for how many ms limits count. Declares the limits, and
 * forgets those of replicas that are gone and publishers that were silent for a day: they have nothing left to repeat.
 */
export const SWEEP = new RedisScript<void>(`
local time = redis.call('time')
redis.call('hset', KEYS[2], ARGV[1] .. ':' .. ARGV[2], time[1])
local limits = redis.call('hgetall', KEYS[2])
for i = 1, #limits, 2 do
  if tonumber(limits[i + 1]) < time[1] - ARGV[3] / 1000 then redis.call('hdel', KEYS[2], limits[i]) end
end
local oldest = (time[1] - 86400) * 1000000
local fields = redis.call('hgetall', KEYS[1])
for i = 1, #fields, 2 do
  local at = string.sub(fields[i], 1, 4) == 'seq:' and tonumber(string.match(fields[i + 1], '%d+$'))
  if at and at < oldest then redis.call('hdel', KEYS[1], fields[i]) end
end`);

/** KEYS: the log, its limits. ARGV: epoch to begin with, history size and ms, which are declared. */
export const HEAD = new RedisScript<[epoch: string, last: string]>(`${begun('ARGV[1]')}
redis.call('hset', KEYS[2], ARGV[2] .. ':' .. ARGV[3], time[1])
return log`);

/**
 * KEYS: the log, its limits, then the rooms' histories. ARGV: epoch, offset, history size and ms, epoch to begin with.
 * Answers also the smallest history size of all replicas.
 */
export const SINCE = new RedisScript<
  [epoch: string, last: string, intact: number, size: number, ...histories: [id: string, fields: string[]][][]]
>(`${begun('ARGV[5]')}
local offset, size, ms = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
for _, limits in ipairs(redis.call('hkeys', KEYS[2])) do
  local othersSize, othersMs = string.match(limits, '(%d+):(%d+)')
  size, ms = math.min(size, othersSize), math.min(ms, othersMs)
end
local oldest = now - ms * 1000
if log[1] ~= ARGV[1] or offset > tonumber(log[2]) or (offset < oldest and tonumber(log[2]) > offset) then
  return { log[1], log[2], 0, size }
end
local result = { log[1], log[2], 1, size }
for i = 3, #KEYS do
  result[i + 2] = redis.call('xrange', KEYS[i], string.format('%.0f-0', offset + 1), '+', 'count', math.max(size, 1))
end
return result`);

/** KEYS: the log. ARGV: channel, epoch to end, epoch to begin. */
export const RENEW_EPOCH = new RedisScript<void>(`
local log = redis.call('hmget', KEYS[1], 'epoch', 'last')
if log[1] and log[1] ~= ARGV[2] then return end
local last = log[2] or '0'
redis.call('hset', KEYS[1], 'epoch', ARGV[3], 'last', last)
redis.call('publish', ARGV[1], string.format('%s %s %.0f - []', ARGV[3], last, tonumber(last) + 1))`);
