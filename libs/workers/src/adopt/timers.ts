/** What Node keeps in a timer; the only way to learn what somebody else's timer does. */
interface TimerInside {
  _onTimeout?: unknown;
  _repeat?: number | null;
  _destroyed?: boolean;
}

/** What a timer does, and how often; undefined where timers have another inside. */
export interface TakenTimer {
  everyMs: number;
  callback: () => unknown;
  /** Whether somebody has cleared the timer since. */
  isCleared: () => boolean;
}

/**
 * Takes the work out of an interval and leaves the timer standing, so that whoever holds it can still clear it.
 */
export function takeInterval(timer: NodeJS.Timeout): TakenTimer | undefined {
  const inside = timer as unknown as TimerInside;
  const { _onTimeout: callback, _repeat: everyMs } = inside;
  if (typeof callback !== 'function' || typeof everyMs !== 'number') return undefined;
  inside._onTimeout = () => undefined;
  timer.unref();
  return { everyMs, callback: callback as () => unknown, isCleared: () => inside._destroyed === true };
}

/** A timer that does nothing, for registries that want one. */
export function inertTimer(): NodeJS.Timeout {
  return setInterval(() => undefined, 2 ** 31 - 1).unref();
}
