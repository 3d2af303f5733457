import { randomUUID } from 'node:crypto';
import { postgres } from '@rookery/core/postgres';
import { PostgresWorkersDriver } from '@rookery/workers/postgres';
import { describeWorkersDriver } from '@rookery/workers/testing';
import { postgresUrl } from '../services.js';

const namespace = `workers-${randomUUID()}`;
describeWorkersDriver(
  'postgres',
  (application, historySize) =>
    new PostgresWorkersDriver(postgres({ url: postgresUrl(), namespace, poolSize: 3 }), { application, historySize }),
);
