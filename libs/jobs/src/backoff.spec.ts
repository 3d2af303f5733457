import { InvalidInputError } from '@rookery/core';
import { describe, expect, it } from 'vitest';
import { backoffDelay, checkedBackoff } from './backoff.js';

const MINUTE = 60_000;

describe('the delay before a retry', () => {
  it('by default starts at a minute, doubles, and ends at two days', () => {
    const options = { ...checkedBackoff('it'), jitter: 0 };
    expect([1, 2, 3, 4].map((attempt) => backoffDelay(options, attempt))).toEqual([
      MINUTE,
      2 * MINUTE,
      4 * MINUTE,
      8 * MINUTE,
    ]);
    expect(backoffDelay(options, 40)).toBe(2 * 24 * 60 * MINUTE);
  });

  it('stays what it is when it is fixed', () => {
    const options = checkedBackoff('it', { type: 'fixed', delayMs: 500, jitter: 0 });
    expect([1, 9].map((attempt) => backoffDelay(options, attempt))).toEqual([500, 500]);
  });

  it('is shortened by chance, and by no more than the jitter', () => {
    const options = checkedBackoff('it', { delayMs: 10_000, jitter: 0.2 });
    const delays = Array.from({ length: 200 }, () => backoffDelay(options, 1));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(8_000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(10_000);
    expect(new Set(delays).size).toBeGreaterThan(10);
  });

  it.each([{ type: 'linear' as never }, { delayMs: NaN }, { factor: 0.5 }, { jitter: 2 }, { maxDelayMs: -1 }])(
    'refuses %j',
    (options) => expect(() => checkedBackoff('it', options)).toThrow(InvalidInputError),
  );
});
