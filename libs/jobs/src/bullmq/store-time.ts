import type { IQueueBackend } from 'bullmq';
import type { StoreClock } from './store-clock.js';

/** Milliseconds since the epoch, from 2001 to 2286: no other number that bullmq sends or gets is in that range. */
const isMoment = (value: unknown): value is number => typeof value === 'number' && value >= 1e12 && value < 1e13;

/** What answers with the next job. */
type Claiming = 'moveToActive' | 'moveToCompleted' | 'moveToFailed' | 'moveToDelayed';

/** What of bullmq's two backends is corrected. Their calls all end in one of `execCommand` and `query`. */
interface Inner extends Pick<IQueueBackend, Claiming> {
  waitForJob: IQueueBackend['waitForJob'];
  execCommand?(client: unknown, command: string, args: unknown[]): unknown;
  query?(sql: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/**
 * Lets a backend of bullmq judge leases and delays by the store's clock. bullmq sends this machine's `Date.now()` with
 * every command, so a replica whose clock is ahead would take running jobs from others and run delayed ones early. While
 * the clocks agree this changes nothing.
 */
export function onStoreTime<Backend extends IQueueBackend>(backend: Backend, clock: StoreClock): Backend {
  const inner = backend as unknown as Inner;
  const { execCommand, query, waitForJob } = inner;
  const toStore = (values: unknown[]) => {
    const { skewMs } = clock;
    return skewMs === 0 ? values : values.map((value) => (isMoment(value) ? value - skewMs : value));
  };
  const toLocal = <T>(value: T): T => (isMoment(value) ? ((value + clock.skewMs) as T) : value);

  if (execCommand) {
    inner.execCommand = (client, command, args) => execCommand.call(inner, client, command, toStore(args));
    inner.waitForJob = async (timeout) => {
      const marker = await waitForJob.call(inner, timeout);
      return marker && { ...marker, score: toLocal(marker.score) };
    };
  }
  if (query) {
    inner.query = async (sql, values) => {
      // What is added carries the store's time already.
      const result = await query.call(inner, sql, values && !/\badd_(job|flow)/.test(sql) ? toStore(values) : values);
      for (const row of clock.skewMs === 0 ? [] : result.rows)
        if (row.next_delay != null) row.next_delay = Number(row.next_delay) + clock.skewMs;
      return result;
    };
  }
  const claimed = (next: unknown) => claimedAt(next, query ? undefined : toLocal, toLocal);
  const correct = (names: readonly Claiming[], corrected: (answer: never) => unknown) => {
    for (const name of names) {
      const method = inner[name] as (...args: unknown[]) => Promise<never>;
      const call = (...args: unknown[]) => {
        const answer = method.apply(inner, args);
        return clock.skewMs === 0 ? answer : answer.then(corrected);
      };
      Object.assign(inner, { [name]: call });
    }
  };
  correct(['moveToActive', 'moveToDelayed'], claimed);
  correct(['moveToCompleted', 'moveToFailed'], (finished: { result: unknown }) => ({
    ...finished,
    result: claimed(finished.result),
  }));
  return backend;
}

/** Of a claimed job: when it was claimed, by which bullmq decides when to renew its lease; and when the next is due. */
function claimedAt(next: unknown, due: (<T>(value: T) => T) | undefined, local: <T>(value: T) => T): unknown {
  if (!Array.isArray(next)) return next;
  const [job, id, rateLimit, delayUntil] = next as [{ processedOn?: number } | null, ...unknown[]];
  if (job?.processedOn) job.processedOn = local(job.processedOn);
  return [job, id, rateLimit, due ? due(delayUntil) : delayUntil];
}
