import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { BlobDriver, BlobDriverSource, BlobRead } from '../blob.driver.js';

/** The calls that can be made to fail. */
export type ChaosCall = 'write' | 'read' | 'stat' | 'delete' | 'list' | 'copy';

/** A store that misbehaves on command. */
export interface ChaosBlobs {
  /** Hand this to BlobModule. */
  driver: BlobDriverSource;
  /** These calls fail from now on. */
  fail(...calls: ChaosCall[]): void;
  /** The next call of this kind fails, once. */
  failOnce(call: ChaosCall): void;
  /** Bodies break off after so many bytes. */
  cutReadsAfter(bytes: number): void;
  /** One bit of every body is another one. */
  corruptReads(): void;
  /** Every call takes this much longer. */
  delay(ms: number): void;
  /** These calls never answer. */
  hang(...calls: ChaosCall[]): void;
  /** All well again. */
  heal(): void;
}

/**
 * Wraps a driver for tests of your own: how does the app take a store that fails, lags, lies or falls silent?
 *
 * @example
 * const chaos = chaosBlobs(memoryBlobs());
 * BlobModule.forRoot({ driver: chaos.driver });
 * chaos.failOnce('write');
 */
export function chaosBlobs(source: BlobDriverSource): ChaosBlobs {
  const failing = new Set<ChaosCall>();
  const failingOnce = new Set<ChaosCall>();
  const hanging = new Set<ChaosCall>();
  let cutAfter = Infinity;
  let corrupt = false;
  let delayMs = 0;

  async function before(call: ChaosCall): Promise<void> {
    if (delayMs > 0) await wait(delayMs);
    if (hanging.has(call)) await new Promise(() => undefined);
    if (failingOnce.delete(call) || failing.has(call)) throw new Error(`chaos: ${call} fails`);
  }

  async function* spoiled(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let left = cutAfter;
    for await (const chunk of body) {
      const kept = Buffer.from(chunk.subarray(0, left));
      if (corrupt && kept.length > 0) kept[0] ^= 1;
      if (kept.length > 0) yield kept;
      left -= kept.length;
      if (left <= 0) throw new Error('chaos: the connection broke');
    }
  }

  function wrapped(driver: BlobDriver): BlobDriver {
    const around =
      <Args extends unknown[], Result>(call: ChaosCall, work: (...args: Args) => Promise<Result>) =>
      async (...args: Args) => {
        await before(call);
        return work(...args);
      };
    const read = async (...args: [Parameters<BlobDriver['read']>[0], BlobRead]) => {
      const reading = await driver.read(...args);
      return reading && { ...reading, body: Readable.from(spoiled(reading.body), { objectMode: false }) };
    };
    return Object.assign(Object.create(driver) as BlobDriver, {
      write: around('write', driver.write.bind(driver)),
      read: around('read', read),
      stat: around('stat', driver.stat.bind(driver)),
      delete: around('delete', driver.delete.bind(driver)),
      list: around('list', driver.list.bind(driver)),
      ...(driver.copy && { copy: around('copy', driver.copy.bind(driver)) }),
    });
  }

  return {
    driver: { kind: source.kind, create: async (host) => wrapped(await source.create(host)) },
    fail: (...calls) => calls.forEach((call) => failing.add(call)),
    failOnce: (call) => void failingOnce.add(call),
    cutReadsAfter: (bytes) => void (cutAfter = bytes),
    corruptReads: () => void (corrupt = true),
    delay: (ms) => void (delayMs = ms),
    hang: (...calls) => calls.forEach((call) => hanging.add(call)),
    heal: () => {
      for (const set of [failing, failingOnce, hanging]) set.clear();
      cutAfter = Infinity;
      corrupt = false;
      delayMs = 0;
    },
  };
}
