import { expect, it } from 'vitest';
import { judged, randomOf, type ChaosRow } from './chaos/report.js';

const row: ChaosRow = { id: 'x', backend: 'redis', fault: 'x', must: 'x', operations: 3, violations: 0 };

it('a row holds when something was watched and nothing broke the promise', () => {
  expect(judged(row, [])).toMatchObject({ violations: 0, holds: true });
  expect(judged({ ...row, operations: 0 }, [])).toMatchObject({ holds: false });
  expect(judged({ ...row, violations: 2 }, [])).toMatchObject({ violations: 2, holds: false });
});

it('a failed check is a violation, whatever was counted', () => {
  const failed = judged(row, ['expected 1 to be 2\nand more', 'another']);
  expect(failed).toMatchObject({ violations: 2, holds: false, failure: 'expected 1 to be 2' });
  expect(judged({ ...row, violations: 9 }, ['expected 9 to be 0'])).toMatchObject({ violations: 9 });
});

it('what has to recover in time has to be measured', () => {
  expect(judged({ ...row, withinMs: 10 }, [])).toMatchObject({ holds: false });
  expect(judged({ ...row, withinMs: 10, recoveredMs: 11 }, [])).toMatchObject({ holds: false });
  expect(judged({ ...row, withinMs: 10, recoveredMs: 9.7 }, [])).toMatchObject({ holds: true, recoveredMs: 10 });
});

it('a scenario makes the same random choices again', () => {
  const choices = (scenario: string) => Array.from({ length: 5 }, randomOf(scenario));
  expect(choices('kills')).toEqual(choices('kills'));
  expect(choices('kills')).not.toEqual(choices('pauses'));
});
