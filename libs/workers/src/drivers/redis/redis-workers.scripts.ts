import { RedisScript } from '@rookery/core/redis';
import { GRACE } from '../../workers.driver.js';

/**
 * What all scripts share. Tasks and runs are JSON in two hashes; a field that has no value is left out, because Lua's
 * JSON has no good null. Tokens are text: Lua's JSON keeps 14 digits only.
 */
const SHARED = `
local APP, REPLICAS, TASKS, RUNS, HISTORY = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function read(key, field)
  local text = redis.call('hget', key, field)
  return text and cjson.decode(text)
end
local function save(task) redis.call('hset', TASKS, task.name, cjson.encode(task)) end
local function changed() redis.call('hincrby', APP, 'version', 1) end
local function answer(task, run)
  return cjson.encode({ run = run, state = { name = task.name, cursor = task.cursor, paused = task.paused,
    active = task.active, slot = task.slot, startedAt = task.startedAt, finishedAt = task.finishedAt, failures = task.failures,
    readAt = now } })
end
local function record(seed, status, replica, token, startedAt)
  return { runId = seed.runId, name = seed.name, slot = seed.slot, attempt = seed.attempt, missed = seed.missed,
    maxAttempts = seed.maxAttempts, status = status, replica = replica, fencingToken = token, startedAt = startedAt }
end
local function put(run)
  redis.call('hset', RUNS, run.runId, cjson.encode(run))
  return run
end
local function start(task, seed, replica)
  task.token = string.format('%.0f', math.max(tonumber(task.token) + 1, time[1] * 1000000 + time[2]))
  task.slot, task.startedAt, task.finishedAt = seed.slot, now, nil
  return put(record(seed, 'running', replica, task.token, now))
end
local function wait(task, seed)
  task.active = task.active + 1
  put(record(seed, 'pending', nil, '0', nil))
end
local function alive(replica) return tonumber(redis.call('zscore', REPLICAS, replica) or 0) > now end
local function remember(run, historySize)
  redis.call('lpush', HISTORY .. run.name, cjson.encode(run))
  redis.call('ltrim', HISTORY .. run.name, 0, historySize - 1)
end
local function finish(task, run, ended, finishedAt, historySize)
  local last = record(run, ended.status, run.replica, run.fencingToken, run.startedAt)
  redis.call('hdel', RUNS, run.runId)
  last.finishedAt, last.error = finishedAt, ended.error
  task.active, task.finishedAt, task.lastRun = task.active - 1, finishedAt, last
  if task.definition.kind == 'worker' then changed() end
  if ended.status == 'succeeded' then task.failures = 0
  elseif ended.status ~= 'cut' then task.failures = task.failures + 1 end
  remember(last, historySize)
  if ended.status == 'cut' then run.maxAttempts = run.maxAttempts + 1 end
  run.attempt = run.attempt + 1
  if ended.rerun and run.attempt <= run.maxAttempts then
    run.runId = string.match(run.runId, '^[^.]*') .. '.' .. run.attempt
    wait(task, run)
  end
  save(task)
end
local function remove(name)
  for _, text in ipairs(redis.call('hvals', RUNS)) do
    local run = cjson.decode(text)
    if run.name == name then redis.call('hdel', RUNS, run.runId) end
  end
  redis.call('del', HISTORY .. name)
  changed()
  return redis.call('hdel', TASKS, name)
end
`;

const script = <Result>(lua: string) => new RedisScript<Result>(SHARED + lua);

/** ARGV: tasks. */
export const REGISTER = script<null>(`
for _, asked in ipairs(cjson.decode(ARGV[1])) do
  local task = read(TASKS, asked.definition.name)
  local old, new = task and task.definition or {}, asked.definition
  task = task or { name = new.name, token = '0', paused = false, active = 0, failures = 0, cursor = 0 }
  if old.schedule ~= new.schedule then task.cursor = math.max(task.cursor, asked.notBefore or now) end
  for _, field in ipairs({ 'kind', 'schedule', 'source', 'handler', 'data', 'policy' }) do
    if old[field] ~= new[field] then changed() break end
  end
  task.definition, task.seenAt = new, now
  save(task)
end`);

/** ARGV: graceMs. */
export const FORGET = script<null>(`
for _, text in ipairs(redis.call('hvals', TASKS)) do
  local task = cjson.decode(text)
  if task.definition.source == 'code' and task.active == 0 and task.seenAt <= now - ARGV[1] then remove(task.name) end
end`);

/** ARGV: replica, leaseMs, historySize. Answers now, upSince, version, living replicas, active runs. */
export const BEAT = script<[string, string, string, string[], string[]]>(`
local leaseMs = tonumber(ARGV[2])
if redis.call('zcount', REPLICAS, '(' .. now, '+inf') == 0 and not redis.call('zscore', REPLICAS, ARGV[1]) then
  redis.call('hset', APP, 'upSince', now)
end
redis.call('zadd', REPLICAS, now + leaseMs, ARGV[1])
local heardAt = redis.call('hget', APP, 'heardAt')
if heardAt and now - heardAt > leaseMs then redis.call('hset', APP, 'reapAfter', now + leaseMs * ${GRACE}) end
redis.call('hset', APP, 'heardAt', now)
if now >= tonumber(redis.call('hget', APP, 'reapAfter') or 0) then
  for _, text in ipairs(redis.call('hvals', RUNS)) do
    local run = cjson.decode(text)
    local task = run.replica and not alive(run.replica) and read(TASKS, run.name)
    if task then
      local expired = redis.call('zscore', REPLICAS, run.replica)
      finish(task, run, { status = 'crashed', rerun = true }, expired and expired - leaseMs or run.startedAt, ARGV[3])
    end
  end
  redis.call('zremrangebyscore', REPLICAS, '-inf', now)
end
return { string.format('%.0f', now), redis.call('hget', APP, 'upSince') or '0', redis.call('hget', APP, 'version') or '0',
  redis.call('zrangebyscore', REPLICAS, '(' .. now, '+inf'), redis.call('hvals', RUNS) }`);

/** ARGV: replica, claims, historySize. */
export const CLAIM = script<string[]>(`
local answers = {}
for i, claim in ipairs(cjson.decode(ARGV[2])) do
  local task = read(TASKS, claim.name)
  if not task then answers[i] = '{}'
  elseif not alive(ARGV[1]) or task.paused or task.cursor > claim.cursor or claim.slot <= task.cursor or claim.slot > now
    or (claim.exclusive and task.active > 0) then answers[i] = answer(task)
  elseif claim.letGo then
    task.cursor, claim.attempt = claim.slot, 1
    save(task)
    local gone = record(claim, 'skipped', ARGV[1], '0')
    gone.finishedAt, gone.error = now, claim.letGo
    remember(gone, ARGV[3])
    answers[i] = answer(task)
  else
    task.cursor, task.active, claim.attempt = claim.slot, task.active + 1, 1
    local run = start(task, claim, ARGV[1])
    save(task)
    answers[i] = answer(task, run)
  end
end
return answers`);

/** ARGV: replica, runId, exclusive. */
export const TAKE = script<string | null>(`
local run = read(RUNS, ARGV[2])
local task = run and run.status == 'pending' and alive(ARGV[1]) and read(TASKS, run.name)
if not task or (ARGV[3] == '1' and task.startedAt and not task.finishedAt) then return nil end
run = start(task, run, ARGV[1])
save(task)
return answer(task, run)`);

/** ARGV: replica, outcomes, historySize. */
export const FINISH = script<string[]>(`
local answers = {}
for i, outcome in ipairs(cjson.decode(ARGV[2])) do
  local run = read(RUNS, outcome.runId)
  local task = run and run.replica == ARGV[1] and read(TASKS, run.name)
  if task then finish(task, run, outcome, now, ARGV[3]) end
  answers[i] = task and answer(task) or '{}'
end
return answers`);

/** ARGV: name, runId, maxAttempts. */
export const REQUEST = script<0 | 1>(`
local task = read(TASKS, ARGV[1])
if not task then return 0 end
wait(task, { runId = ARGV[2], name = task.name, slot = now, attempt = 1, missed = 0, maxAttempts = tonumber(ARGV[3]) })
save(task)
return 1`);

/** ARGV: name, '1' or '0'. */
export const PAUSE = script<0 | 1>(`
local task = read(TASKS, ARGV[1])
if not task then return 0 end
local paused = ARGV[2] == '1'
if task.paused and not paused then task.cursor = math.max(task.cursor, now) end
task.paused = paused
save(task)
changed()
return 1`);

/** ARGV: name. */
export const REMOVE = script<0 | 1>(`return remove(ARGV[1])`);
