import { RedisScript } from '@rookery/core/redis';

/** Begins the log of KEYS[1] where there is none, at the store's time: `log` is its epoch and its last offset. */
const begun = (epoch: string) => `
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
if redis.call('hsetnx', KEYS[1], 'epoch', ${epoch}) == 1 then
  redis.call('hset', KEYS[1], 'last', string.format('%.0f', now))
end
local log = redis.call('hmget', KEYS[1], 'epoch', 'last')`;

/**
 * KEYS: the log, the publisher's last seq, then the rooms' histories. ARGV: channel, publisher, last seq of the batch,
 * epoch to begin with, history size, history ms, number of entries; the bodies; and for each entry the indexes of its
 * rooms. A publisher that is silent for a day has nothing left to repeat.
 */
export const APPEND = new RedisScript<void>(`
local done = redis.call('get', KEYS[2])
if done and tonumber(done) >= tonumber(ARGV[3]) then return end${begun('ARGV[4]')}
local epoch, previous = log[1], tonumber(log[2])
local first = math.max(previous + 1, now)
local count = tonumber(ARGV[7])
local bodies = {}
for i = 1, count do
  local body = ARGV[7 + i]
  local id = string.format('%.0f-0', first + i - 1)
  bodies[i] = body
  for index in string.gmatch(ARGV[7 + count + i], '%d+') do
    local history = KEYS[2 + tonumber(index)]
    redis.call('xadd', history, 'maxlen', ARGV[5], id, 'p', ARGV[2], 'b', body)
    redis.call('pexpire', history, ARGV[6])
  end
end
redis.call('hset', KEYS[1], 'last', string.format('%.0f', first + count - 1))
redis.call('set', KEYS[2], ARGV[3], 'PX', 86400000)
local head = string.format('%s %.0f %.0f %s ', epoch, previous, first, ARGV[2])
redis.call('publish', ARGV[1], head .. '[' .. table.concat(bodies, ',') .. ']')`);

/** KEYS: the log. ARGV: epoch to begin with. */
export const HEAD = new RedisScript<[epoch: string, last: string]>(`${begun('ARGV[1]')}
return log`);

/** KEYS: the log, then the rooms' histories. ARGV: epoch, offset, history size, history ms, epoch to begin with. */
export const SINCE = new RedisScript<
  [epoch: string, last: string, intact: number, ...histories: [id: string, fields: string[]][][]]
>(`${begun('ARGV[5]')}
local offset = tonumber(ARGV[2])
local oldest = now - ARGV[4] * 1000
if log[1] ~= ARGV[1] or offset > tonumber(log[2]) or (offset < oldest and tonumber(log[2]) > offset) then
  return { log[1], log[2], 0 }
end
local result = { log[1], log[2], 1 }
for i = 2, #KEYS do
  result[i + 2] = redis.call('xrange', KEYS[i], string.format('%.0f-0', offset + 1), '+', 'count', ARGV[3])
end
return result`);

/** KEYS: the log. ARGV: channel, epoch to end, epoch to begin. */
export const RENEW_EPOCH = new RedisScript<void>(`
local log = redis.call('hmget', KEYS[1], 'epoch', 'last')
if log[1] and log[1] ~= ARGV[2] then return end
local last = log[2] or '0'
redis.call('hset', KEYS[1], 'epoch', ARGV[3], 'last', last)
redis.call('publish', ARGV[1], string.format('%s %s %.0f - []', ARGV[3], last, tonumber(last) + 1))`);
