import { sleep, withDeadline } from '@rookery/core';
import type { DataSource, EntityManager } from 'typeorm';
import type { NewJob } from '../jobs.driver.js';

/** How often the outbox is looked at for what a dead replica, or a store that was away, has left there. */
const SWEEP_MS = 2_000;
const GATHER_MS = 5;
/** While jobs keep coming, each delivery takes along what has gathered for so long. */
const BUSY_GATHER_MS = 50;
const BATCH = 500;
const DELIVERY_MS = 5_000;

const TAKE = `
delete from rookery.jobs_outbox
 where seq in (select seq from rookery.jobs_outbox where namespace = $1 order by seq limit ${BATCH} for update skip locked)
returning seq, job, greatest(0, floor(extract(epoch from clock_timestamp() - created_at) * 1000))::bigint as age_ms`;

interface Row {
  seq: string;
  job: NewJob;
  age_ms: string;
}

/**
 * Moves jobs from the outbox of one database to their store. Rows stay locked while they are delivered and go with the
 * commit: a relay that dies in between leaves them to the next, and the job's id keeps it from being there twice.
 */
export class OutboxRelay {
  private readonly sweeps: NodeJS.Timeout;
  private turn: Promise<void> = Promise.resolve();
  private waiting = false;
  private tableIsThere = false;
  private gatherMs = GATHER_MS;

  constructor(
    private readonly dataSource: DataSource,
    private readonly namespace: string,
    private readonly deliver: (jobs: NewJob[]) => Promise<unknown>,
  ) {
    this.sweeps = setInterval(() => this.wake(), SWEEP_MS).unref();
    this.wake();
  }

  /** There is something to deliver; what comes while it works is taken along. */
  wake(): void {
    if (this.waiting) return;
    this.waiting = true;
    this.turn = this.turn.then(() => this.gather()).catch(() => undefined);
  }

  async close(): Promise<void> {
    clearInterval(this.sweeps);
    this.wake();
    await withDeadline('The last delivery of the outbox', this.turn).catch(() => undefined);
  }

  /** A moment later, so that transactions which commit together are delivered together. */
  private async gather(): Promise<void> {
    await sleep(this.gatherMs);
    this.waiting = false;
    if (!this.dataSource.isInitialized) return;
    this.tableIsThere ||= await this.hasTable();
    if (this.tableIsThere) await this.empty();
    this.gatherMs = this.waiting ? BUSY_GATHER_MS : GATHER_MS;
  }

  private async empty(): Promise<void> {
    let taken: number;
    do taken = await this.dataSource.transaction((manager) => this.deliverBatch(manager));
    while (taken === BATCH);
  }

  private async deliverBatch(manager: EntityManager): Promise<number> {
    const [rows] = await manager.query<[Row[], number]>(TAKE, [this.namespace]);
    if (rows.length === 0) return 0;
    const inOrder = rows.toSorted((a, b) => Number(a.seq) - Number(b.seq));
    const jobs = inOrder.map(({ job, age_ms }) => ({ ...job, delayMs: Math.max(0, job.delayMs - Number(age_ms)) }));
    await withDeadline('Delivering jobs from the outbox', this.deliver(jobs), { deadlineMs: DELIVERY_MS });
    return rows.length;
  }

  /** An app that never enqueues in a transaction has none. */
  private async hasTable(): Promise<boolean> {
    const [{ exists }] = await this.dataSource.query<{ exists: boolean }[]>(
      `select to_regclass('rookery.jobs_outbox') is not null as exists`,
    );
    return exists;
  }
}
