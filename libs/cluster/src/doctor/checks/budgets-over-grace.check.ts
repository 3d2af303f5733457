import type { Check } from '../check.js';

export const budgetsOverGrace: Check = {
  id: 'RK017',
  severity: 'error',
  why: 'The platform kills the process before the last phases have run: jobs are not given back, connections break.',
  cure: 'Make drain budgets smaller, or raise drain.graceMs together with what the platform waits (terminationGracePeriodSeconds, stop_grace_period).',
  find({ drain: { totalMs, hardExitMs, graceMs } }) {
    if (totalMs <= hardExitMs) return [];
    return [
      `the drain budgets add up to ${totalMs} ms, but only ${hardExitMs} of the ${graceMs} ms of grace can be used`,
    ];
  },
};
