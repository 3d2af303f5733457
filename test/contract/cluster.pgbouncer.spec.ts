import { registryDriverContract } from '@rookery/cluster/testing';
import { postgres } from '@rookery/core/postgres';
import { jobsContract } from '@rookery/jobs/testing';
import { lockDriverContract } from '@rookery/lock/testing';
import { realtimeDriverContract } from '@rookery/realtime/testing';
import { PostgresWorkersDriver } from '@rookery/workers/postgres';
import { describeWorkersDriver } from '@rookery/workers/testing';
import { afterAll, describe } from 'vitest';
import { lockDriverFor } from '../../libs/lock/src/lock.drivers.js';
import { realtimeDriverFor } from '../../libs/realtime/src/realtime.drivers.js';
import { findProgram } from '../../libs/testing/src/stores/find-program.js';
import { freshNamespace } from '../backends.js';
import { postgresUrl } from '../services.js';
import { clusterContract } from './cluster.contract.js';
import { busContract } from './core.bus.contract.js';
import { startPgBouncer } from './cluster.pgbouncer.js';

/**
 * The contracts once more, through a PgBouncer in transaction mode, with a direct way for LISTEN and for bullmq, which
 * sets its search_path when it connects. CI installs it.
 */
const installed = findProgram('pgbouncer') !== undefined;
const bouncer = installed ? await startPgBouncer({ url: postgresUrl(), mode: 'transaction' }) : undefined;
afterAll(() => bouncer?.stop());

const on = (namespace: string) => postgres({ url: bouncer!.url, listenUrl: postgresUrl(), namespace, poolSize: 5 });
const shared = freshNamespace();

describe.runIf(installed)('PgBouncer (was not tested where this is skipped: there is none on the PATH)', () => {
  busContract('PgBouncer', { backend: on });
  registryDriverContract('PgBouncer', { backend: () => on(freshNamespace()) });
  clusterContract('PgBouncer', { backend: () => on(freshNamespace()) });
  lockDriverContract('PgBouncer', { create: () => lockDriverFor(on(shared)) });
  jobsContract('PgBouncer', { backend: () => on(shared) });
  describeWorkersDriver(
    'PgBouncer',
    (application, historySize) => new PostgresWorkersDriver(on(shared), { application, historySize }),
  );
  realtimeDriverContract('PgBouncer', {
    create: (limits) => realtimeDriverFor(on(shared), limits),
    backend: () => on(shared),
  });
});
