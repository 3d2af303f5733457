import type { Check } from '../check.js';
import { redisInfo, redisSetting } from '../store-facts.js';

export const redisPersistence: Check = {
  id: 'RK010',
  severity: 'warning',
  why: 'Jobs, schedules and fencing state live there; a restart of Redis forgets all of it.',
  cure: 'Turn on the append-only file: appendonly yes (appendfsync everysec).',
  async find({ redis }) {
    if (!redis) return [];
    if ((await redisInfo(redis, 'persistence')).get('aof_enabled') === '1') return [];
    const save = await redisSetting(redis, 'save');
    const snapshots =
      save === undefined ? 'snapshots unknown' : save ? `snapshots "${save}" only` : 'no snapshots either';
    return [`${redis.address} writes no append-only file (${snapshots})`];
  },
};
