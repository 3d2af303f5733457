import type { Check } from '../check.js';
import { redisInfo } from '../store-facts.js';

export const redisEvicts: Check = {
  id: 'RK011',
  severity: 'error',
  why: 'When memory runs out, Redis deletes jobs, locks and schedules as if they were cache entries.',
  cure: 'Set maxmemory-policy noeviction, and put the cache on a Redis of its own (REDIS_CACHE_URL) that may evict.',
  async find({ redis }) {
    const policy = redis && (await redisInfo(redis, 'memory')).get('maxmemory_policy');
    return policy && policy !== 'noeviction' ? [`${redis.address} has maxmemory-policy ${policy}`] : [];
  },
};
