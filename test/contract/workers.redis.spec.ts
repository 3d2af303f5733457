import { randomUUID } from 'node:crypto';
import { redis } from '@rookery/core/redis';
import { RedisWorkersDriver } from '@rookery/workers/redis';
import { describeWorkersDriver } from '@rookery/workers/testing';
import { redisUrl } from '../services.js';

const namespace = `workers-${randomUUID()}`;
describeWorkersDriver(
  'redis',
  (application, historySize) =>
    new RedisWorkersDriver(redis({ url: redisUrl(), namespace }), { application, historySize }),
);
