import type { CronOptions } from '@nestjs/schedule';
import type { MethodExplorer } from '@rookery/core';
import type { CronJobParams } from 'cron';
import { EVERY_REPLICA } from '../decorators/every-replica.decorator.js';

/** The metadata of @nestjs/schedule's decorators; it exports neither the names nor the numbers. */
const TYPE = 'SCHEDULER_TYPE';
const TYPES = { 1: 'cron', 2: 'timeout', 3: 'interval' } as const;
const NAME = 'SCHEDULER_NAME';
const CRON_OPTIONS = 'SCHEDULE_CRON_OPTIONS';
const INTERVAL_OPTIONS = 'SCHEDULE_INTERVAL_OPTIONS';
const TIMEOUT_OPTIONS = 'SCHEDULE_TIMEOUT_OPTIONS';

/** A method with `@Cron`, `@Interval` or `@Timeout`. */
export type ScheduledMethod = {
  /** As given to the decorator, else `Class.method`: the same on every replica. */
  name: string;
  label: string;
  call: () => unknown;
  everyReplica: boolean;
} & (
  | { kind: 'cron'; options: CronOptions & Pick<CronJobParams, 'cronTime'> }
  | { kind: 'interval' | 'timeout'; options: { timeout: number } }
);

export function scheduledMethods(explorer: MethodExplorer): ScheduledMethod[] {
  const singletons = explorer.methods<keyof typeof TYPES>(TYPE).filter(({ isSingleton }) => isSingleton);
  return singletons.map(({ instance, methodName, label, metadata }) => {
    const method = (instance as Record<string, () => unknown>)[methodName];
    const kind = TYPES[metadata];
    const key = { cron: CRON_OPTIONS, interval: INTERVAL_OPTIONS, timeout: TIMEOUT_OPTIONS }[kind];
    return {
      name: (Reflect.getMetadata(NAME, method) as string | undefined) ?? label,
      label,
      kind,
      options: Reflect.getMetadata(key, method) as never,
      call: () => method.call(instance),
      everyReplica: Reflect.hasMetadata(EVERY_REPLICA, method),
    };
  });
}
