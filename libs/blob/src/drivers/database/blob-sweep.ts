import type { BlobGenerations } from './blob-generations.js';
import type { Dialect } from './dialect.js';

const BATCH = 100;

/**
 * Removes generations that no blob points to: what replaced and deleted blobs and interrupted writes left behind. In two
 * steps, `graceMs` apart: first they are marked, which also forbids to point to them any more, later removed; so nobody
 * who still reads or writes one loses it.
 */
export class BlobSweep {
  constructor(
    private readonly dialect: Dialect,
    private readonly namespace: string,
    private readonly generations: BlobGenerations,
  ) {}

  async run({ graceMs, everyMs }: { graceMs: number; everyMs: number }): Promise<number | null> {
    if (!(await this.isMyTurn(everyMs))) return null;
    const { tables, nowMs, run } = this.dialect;
    const used = `exists (select 1 from ${tables.blobs} b where b.generation = ${tables.generations}.generation)`;
    // A copy may have been made of a blob in the very moment it was deleted.
    await run(
      `update ${tables.generations} set orphaned_at = null where namespace = ? and orphaned_at is not null and ${used}`,
      [this.namespace],
    );
    await run(
      `update ${tables.generations} set orphaned_at = ${nowMs}
       where namespace = ? and orphaned_at is null and touched_at <= ${nowMs} - ? and not ${used}`,
      [this.namespace, graceMs],
    );
    let removed = 0;
    for (;;) {
      const { rows } = await run(
        `select generation from ${tables.generations}
         where namespace = ? and orphaned_at <= ${nowMs} - ? and not ${used} limit ${BATCH}`,
        [this.namespace, graceMs],
      );
      for (const row of rows) await this.generations.remove(String(row.generation));
      removed += rows.length;
      if (rows.length < BATCH) return removed;
    }
  }

  /** One statement decides which replica sweeps: the first to move the time on. */
  private async isMyTurn(everyMs: number): Promise<boolean> {
    const { tables, nowMs, run, orLeave } = this.dialect;
    const first = await run(`insert into ${tables.sweeps} (namespace, swept_at) values (?, ${nowMs}) ${orLeave}`, [
      this.namespace,
    ]);
    if (first.affected > 0) return true;
    const next = await run(
      `update ${tables.sweeps} set swept_at = ${nowMs} where namespace = ? and swept_at <= ${nowMs} - ?`,
      [this.namespace, everyMs],
    );
    return next.affected > 0;
  }
}
