import { setTimeout as delay } from 'node:timers/promises';

/** Whether the promise settled in time. */
export async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false);
  const done = promise.then(() => true);
  return Promise.race([done, late]).finally(() => timer.abort());
}

/** Asks again and again until the answer is yes; false when it never was. */
export async function eventually(
  ms: number,
  question: () => boolean | Promise<boolean>,
  pauseMs = 20,
): Promise<boolean> {
  const deadline = performance.now() + ms;
  do {
    if (await question()) return true;
    await delay(pauseMs);
  } while (performance.now() < deadline);
  return false;
}
