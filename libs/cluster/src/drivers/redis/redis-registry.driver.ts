import { resourceKey } from '@rookery/core';
import { RedisScript, type RedisBackend } from '@rookery/core/redis';
import type { RegistryDriver, RegistryView } from '../../registry.driver.js';
import type { Replica } from '../../registry/replica.js';

type Reply = [milliseconds: string, records: string[]];

/** Drops what has ended and answers the rest; with arguments, writes a record first. One command per heartbeat. */
const BEAT = new RedisScript<Reply>(`
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[1] then
  redis.call('zadd', KEYS[1], now + ARGV[3], ARGV[1])
  redis.call('hset', KEYS[2], ARGV[1], ARGV[2])
end
local gone = redis.call('zrangebyscore', KEYS[1], '-inf', now)
for _, id in ipairs(gone) do
  redis.call('zrem', KEYS[1], id)
  redis.call('hdel', KEYS[2], id)
end
return { string.format('%.0f', now), redis.call('hvals', KEYS[2]) }`);

const LEAVE = new RedisScript<number>(`
redis.call('hdel', KEYS[2], ARGV[1])
return redis.call('zrem', KEYS[1], ARGV[1])`);

/** Replicas in a sorted set by the end of their records, their descriptions in a hash beside it. */
export class RedisRegistryDriver implements RegistryDriver {
  private readonly keys: string[];

  constructor(private readonly backend: RedisBackend) {
    this.keys = ['ends', 'records'].map((part) => resourceKey(backend.namespace, 'cluster', 'replicas', part));
  }

  open(): Promise<void> {
    return this.backend.open();
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  async beat(replica: Replica, goneAfterMs: number): Promise<RegistryView> {
    return viewOf(
      await BEAT.run(this.backend.client, this.keys, [replica.id, JSON.stringify(replica), Math.ceil(goneAfterMs)]),
    );
  }

  async list(): Promise<RegistryView> {
    return viewOf(await BEAT.run(this.backend.client, this.keys));
  }

  async leave(id: string): Promise<void> {
    await LEAVE.run(this.backend.client, this.keys, [id]);
  }
}

function viewOf([milliseconds, records]: Reply): RegistryView {
  return { storeTime: Number(milliseconds), replicas: records.map((record) => JSON.parse(record) as Replica) };
}
