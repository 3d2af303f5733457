import { expect, it } from 'vitest';
import { holds, interleaved, median, type BenchRow } from '../bench/bench.js';

const row = (must: string): BenchRow => ({
  id: 'x',
  what: 'x',
  unit: 'ms',
  better: 'lower',
  ours: 10,
  rivals: { 'redis-semaphore': 30, '@scope/raw': 4 },
  must,
});

it.each([
  ['ours <= redis-semaphore', true],
  ['ours < 0.5 * redis-semaphore', true],
  ['ours >= 3 * @scope/raw', false],
  ['ours <= @scope/raw + 6', true],
  ['ours > 10', false],
])('a row holds by its figures: %s is %s', (must, expected) => {
  expect(holds(row(must))).toBe(expected);
});

it('a promise that cannot be judged is an error, not a pass', () => {
  expect(() => holds(row('ours is best'))).toThrow('cannot read "ours is best"');
  expect(() => holds(row('ours <= redlock'))).toThrow('names redlock, which is not among its rivals');
});

it('contestants take turns, and the first round does not count', async () => {
  const turns: string[] = [];
  let round = 0;
  const measured = await interleaved(
    {
      a: async () => {
        turns.push('a');
        return round++ === 0 ? 1_000 : round;
      },
      b: async () => {
        turns.push('b');
        return 5;
      },
    },
    3,
  );
  expect(turns.join('')).toBe('abababab');
  expect(measured).toEqual({ a: { median: 3, spread: 1 / 3 }, b: { median: 5, spread: 0 } });
  expect(median([4, 1, 3, 2])).toBe(2.5);
});
