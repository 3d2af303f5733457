import { randomUUID } from 'node:crypto';
import type { TransactionManager } from '@rookery/core';
import type { ByteRange } from '../../blob-info.js';
import { DamagedBlobError } from '../../blob.driver.js';
import { ahead, inPieces } from '../../transfer/chunks.js';
import type { BlobRow } from './blob-rows.js';
import type { Dialect } from './dialect.js';

/** Bytes per row. */
export const CHUNK_BYTES = 1024 * 1024;
/** A write says that it is still alive at least this often while bytes arrive. */
const TOUCH_EVERY_MS = 30_000;

/** A generation: the bytes of one version of a blob, in rows of 1 MiB. */
export class BlobGenerations {
  constructor(
    private readonly dialect: Dialect,
    private readonly namespace: string,
  ) {}

  /** Writes all chunks, several at a time. Nothing points to them yet. */
  async write(body: AsyncIterable<Buffer>, signal: AbortSignal, manager?: TransactionManager) {
    const generation = randomUUID();
    const { tables, nowMs, inFlight } = this.dialect;
    await this.dialect.run(
      `insert into ${tables.generations} (generation, namespace, touched_at) values (?, ?, ${nowMs})`,
      [generation, this.namespace],
      manager,
    );
    let storedBytes = 0;
    let failure: unknown;
    const running = new Set<Promise<void>>();
    const limit = manager ? 1 : inFlight;
    try {
      let idx = 0;
      let touched = performance.now();
      for await (const data of inPieces(body, CHUNK_BYTES)) {
        signal.throwIfAborted();
        storedBytes += data.length;
        const insert: Promise<void> = this.insert(generation, idx++, data, manager)
          .catch((error: unknown) => void (failure ??= error))
          .finally(() => running.delete(insert));
        running.add(insert);
        if (running.size >= limit) await Promise.race(running);
        if (failure !== undefined) throw failure;
        if (performance.now() - touched < TOUCH_EVERY_MS) continue;
        touched = performance.now();
        await this.touch(generation, manager);
      }
      await Promise.all(running);
      if (failure !== undefined) throw failure;
      return { generation, storedBytes };
    } catch (error) {
      await Promise.all(running);
      // In the caller's transaction the rollback does it, and a broken one takes no more statements.
      if (!manager) await this.remove(generation).catch(() => undefined);
      throw error;
    }
  }

  /** The stored bytes of a range, one chunk per statement: no transaction is open and no connection held meanwhile. */
  async *read(
    row: BlobRow,
    { start, end }: ByteRange,
    signal?: AbortSignal,
    manager?: TransactionManager,
  ): AsyncGenerator<Buffer> {
    const { generation, chunkBytes } = row;
    const { run, bytes, tables } = this.dialect;
    const { chunks } = tables;
    function* tasks() {
      for (let idx = Math.floor(start / chunkBytes); idx * chunkBytes <= end; idx++) {
        const from = Math.max(start - idx * chunkBytes, 0);
        const length = Math.min(end + 1 - idx * chunkBytes, chunkBytes) - from;
        const part = length < chunkBytes;
        const data = part ? `substr(data, ${from + 1}, ${length})` : 'data';
        yield async () => {
          signal?.throwIfAborted();
          const { rows } = await run(
            `select ${bytes.sent(data)} as data from ${chunks} where generation = ? and idx = ?`,
            [generation, idx],
            manager,
          );
          const chunk = rows.length > 0 ? bytes.received(rows[0].data) : undefined;
          if (chunk?.length === length) return chunk;
          // Damaged, or replaced so long ago that the sweep has taken it.
          throw new DamagedBlobError(`chunk ${idx} ${chunk ? `is cut to ${chunk.length} bytes` : 'is missing'}`);
        };
      }
    }
    yield* ahead(tasks(), manager || this.dialect.inFlight === 1 ? 0 : 1);
  }

  async remove(generation: string, manager?: TransactionManager): Promise<void> {
    const { chunks, generations } = this.dialect.tables;
    await this.dialect.run(`delete from ${chunks} where generation = ?`, [generation], manager);
    await this.dialect.run(`delete from ${generations} where generation = ?`, [generation], manager);
  }

  private async insert(generation: string, idx: number, data: Buffer, manager?: TransactionManager): Promise<void> {
    await this.dialect.run(
      `insert into ${this.dialect.tables.chunks} (generation, idx, data) values (?, ?, ?)`,
      [generation, idx, data],
      manager,
    );
  }

  /** Says that the write goes on. @throws when the sweep has given it up */
  private async touch(generation: string, manager?: TransactionManager): Promise<void> {
    const { tables, nowMs } = this.dialect;
    await this.dialect.run(
      `update ${tables.generations} set touched_at = ${nowMs} where generation = ?`,
      [generation],
      manager,
    );
    await this.assertAlive(generation, manager);
  }

  /** @throws when the sweep has taken the generation for the leavings of a process that died */
  async assertAlive(generation: string, manager?: TransactionManager): Promise<void> {
    const { rows } = await this.dialect.run(
      `select generation from ${this.dialect.tables.generations} where generation = ? and orphaned_at is null`,
      [generation],
      manager,
    );
    if (rows.length === 0)
      throw new Error('its first bytes were cleared away: the source was silent for longer than graceMs');
  }
}
