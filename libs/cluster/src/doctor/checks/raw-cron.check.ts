import type { Check } from '../check.js';

/** As @nestjs/schedule marks methods. */
const SCHEDULER_TYPE = 'SCHEDULER_TYPE';
const DECORATORS = ['', '@Cron', '@Timeout', '@Interval'];

export const rawCron: Check = {
  id: 'RK004',
  severity: 'error',
  why: 'Every replica runs it: three replicas send the reminder three times.',
  cure: 'Use @ClusteredCron or @ClusteredInterval, or adopt all of them: workers: { adopt: true }. What is meant to run on every replica says so with @EveryReplica().',
  find({ explorer, parts }) {
    if (parts.workers?.adopt) return [];
    return explorer
      .methods<number>(SCHEDULER_TYPE)
      .filter(({ instance, methodName }) => !isClustered(instance, methodName))
      .map(({ label, metadata }) => `${label} (${DECORATORS[metadata] ?? '@Cron'})`);
  },
};

/** Marked by a decorator of the workers module, which knows what to do with it. */
function isClustered(instance: object, methodName: string): boolean {
  const method = (instance as Record<string, object>)[methodName];
  return Reflect.getMetadataKeys(method).some((key) => String(key).includes('rookery:workers'));
}
