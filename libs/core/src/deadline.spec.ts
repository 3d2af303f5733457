import { describe, expect, it } from 'vitest';
import { abortable, sleep, withDeadline } from './deadline.js';
import { DeadlineError } from './rookery.error.js';

const never = () => new Promise<never>(() => undefined);

describe('withDeadline', () => {
  it('answers what the work answers, and throws what it throws', async () => {
    expect(await withDeadline('work', Promise.resolve(7))).toBe(7);
    await expect(withDeadline('work', Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('gives up when the time is up, and names what was waited for', async () => {
    await expect(withDeadline('Reading the moon', never(), { deadlineMs: 10 })).rejects.toThrow(DeadlineError);
    await expect(withDeadline('Reading the moon', never(), { deadlineMs: 10 })).rejects.toThrow('Reading the moon');
  });

  it('gives up at once for a signal, also one that has aborted before', async () => {
    const reason = new Error('the user left');
    const abort = new AbortController();
    const waiting = withDeadline('work', never(), { signal: abort.signal });
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(withDeadline('work', never(), { signal: abort.signal })).rejects.toBe(reason);
  });

  it('swallows the failure of work that was given up', async () => {
    const late = (async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      throw new Error('too late to matter');
    })();
    await expect(withDeadline('work', late, { deadlineMs: 5 })).rejects.toThrow(DeadlineError);
    await new Promise((resolve) => setTimeout(resolve, 50)); // Vitest fails the run on an unhandled rejection
  });
});

describe('sleep and abortable', () => {
  it('end at once when aborted', async () => {
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(sleep(60_000, gone)).rejects.toThrow('gone');
    await expect(abortable(Promise.reject(new Error('unheard')), gone)).rejects.toThrow('gone');
    const soon = new AbortController();
    const sleeping = sleep(60_000, soon.signal);
    soon.abort(new Error('woken'));
    await expect(sleeping).rejects.toThrow('woken');
  });
});
