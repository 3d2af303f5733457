import { DeadlineError } from '@rookery/core';
import { expect, it } from 'vitest';
import { Deadlines } from './deadlines.js';

const later = (ms: number) => new Promise<string>((resolve) => setTimeout(resolve, ms, 'answer'));
const never = new Promise<string>(() => undefined);

it('ends what gets no answer, and nothing else', async () => {
  const deadlines = new Deadlines('The store', 120);
  const first = deadlines.within(never);
  const answered = deadlines.within(later(10));
  await expect(first).rejects.toBeInstanceOf(DeadlineError);
  expect(await answered).toBe('answer');
  await expect(deadlines.within(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  await expect(deadlines.within(never)).rejects.toBeInstanceOf(DeadlineError);
});

it('does not count the time in which this process stood still', async () => {
  const deadlines = new Deadlines('The store', 200);
  const answer = deadlines.within(later(0).then(() => later(40)));
  const until = performance.now() + 1_000;
  while (performance.now() < until);
  expect(await answer).toBe('answer');
  await expect(deadlines.within(never)).rejects.toBeInstanceOf(DeadlineError);
});
