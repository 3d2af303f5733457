import { Injectable, Logger } from '@nestjs/common';
import { MethodExplorer, type DiscoveredMethod } from '@rookery/core';
import { DEMOTED_METADATA, ELECTED_METADATA } from './decorators/elected.decorators.js';
import type { TaskCode } from './scheduler/task.js';
import type { WorkerRun } from './worker-run.js';
import { checkedPolicy } from './workers.options.js';

/** The name of the task whose one running replica is the leader. */
const LEADER = '@leader';

/**
 * One replica of those that run workers is the leader; when it dies or drains, another one is within seconds.
 *
 * @example
 * constructor(private readonly election: LeaderElection) {}
 * sync() { if (this.election.isLeader) … }
 */
@Injectable()
export class LeaderElection {
  private readonly logger = new Logger('Workers');
  private run: WorkerRun | undefined;

  constructor(private readonly explorer: MethodExplorer) {}

  /**
   * Whether this replica leads, as far as it can be sure: false before another one could have been elected, also after
   * this process was paused.
   */
  get isLeader(): boolean {
    return this.run !== undefined && !this.run.signal.aborted;
  }

  /** Grows with every election; undefined while this replica does not lead. Hand it to `assertFence`. */
  get fencingToken(): number | undefined {
    return this.isLeader ? this.run?.fencingToken : undefined;
  }

  /** The election as a task of the scheduler. */
  task(): TaskCode {
    return {
      definition: { name: LEADER, kind: 'worker', schedule: '{}', source: 'code' },
      label: 'LeaderElection',
      policy: checkedPolicy(LEADER, {}),
      execute: (run) => this.lead(run),
    };
  }

  private async lead(run: WorkerRun): Promise<void> {
    const { signal } = run;
    const over = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    this.run = run;
    await this.tell(ELECTED_METADATA, run);
    if (!signal.aborted) await over;
    this.run = undefined;
    await this.tell(DEMOTED_METADATA, run);
  }

  /** One listener's failure is not the others' business, nor the election's. */
  private async tell(what: symbol, run: WorkerRun): Promise<void> {
    const listeners = this.explorer.methods(what).filter(({ isSingleton }) => isSingleton);
    const call = async ({ instance, methodName }: DiscoveredMethod<unknown>) =>
      (instance as Record<string, (run: WorkerRun) => unknown>)[methodName](run);
    const results = await Promise.allSettled(listeners.map(call));
    results.forEach((result, index) => {
      if (result.status === 'rejected') this.logger.error(`${listeners[index].label}: ${String(result.reason)}`);
    });
  }
}
