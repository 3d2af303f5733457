import type { Check } from './check.js';
import { blobsOnDisk } from './checks/blobs-on-disk.check.js';
import { budgetsOverGrace } from './checks/budgets-over-grace.check.js';
import { busIsSilent } from './checks/bus-is-silent.check.js';
import { clockSkew } from './checks/clock-skew.check.js';
import { gatewayOnDefaultAdapter } from './checks/gateway-on-default-adapter.check.js';
import { majorsDiffer } from './checks/majors-differ.check.js';
import { memoryCacheModule } from './checks/memory-cache-module.check.js';
import { memoryInProduction } from './checks/memory-in-production.check.js';
import { memoryWithReplicas } from './checks/memory-with-replicas.check.js';
import { multerOnDisk } from './checks/multer-on-disk.check.js';
import { poolTooSmall } from './checks/pool-too-small.check.js';
import { rawCron } from './checks/raw-cron.check.js';
import { redisEvicts } from './checks/redis-evicts.check.js';
import { redisPersistence } from './checks/redis-persistence.check.js';
import { secretsDiffer } from './checks/secrets-differ.check.js';
import { sessionInMemory } from './checks/session-in-memory.check.js';
import { signalsIgnored } from './checks/signals-ignored.check.js';
import { storeTooOld } from './checks/store-too-old.check.js';
import { throttlerInMemory } from './checks/throttler-in-memory.check.js';
import { transactionPooling } from './checks/transaction-pooling.check.js';

/** Everything that the doctor looks for, by id. */
export const CHECKS: readonly Check[] = [
  memoryWithReplicas,
  memoryInProduction,
  memoryCacheModule,
  rawCron,
  blobsOnDisk,
  multerOnDisk,
  throttlerInMemory,
  sessionInMemory,
  gatewayOnDefaultAdapter,
  redisPersistence,
  redisEvicts,
  storeTooOld,
  clockSkew,
  poolTooSmall,
  transactionPooling,
  signalsIgnored,
  budgetsOverGrace,
  secretsDiffer,
  majorsDiffer,
  busIsSilent,
];
