import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleInit,
} from '@nestjs/common';
import type { DrainRegistry, Unsubscribe } from '@rookery/core';
import type { RunRecord } from './workers.driver.js';
import type { ScheduleBridge } from './adopt/schedule-bridge.js';
import type { TaskCode } from './scheduler/task.js';
import type { LeaderElection } from './leader-election.js';
import type { WorkersContext } from './workers.context.js';
import type { WorkersExplorer } from './workers.explorer.js';

/** What a method that was told to stop is waited for. */
const LAST_WORDS_MS = 1_000;

/** Starts the scheduler when the app is up, and ends it in two steps when the replica leaves. */
export class WorkersLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private unsubscribe: Unsubscribe | undefined;
  private isOpen = false;
  private tasks: TaskCode[] = [];
  private leaving: Promise<void> | undefined;

  constructor(
    private readonly context: WorkersContext,
    private readonly explorer: WorkersExplorer,
    private readonly bridge: ScheduleBridge,
    private readonly election: LeaderElection,
    drain?: DrainRegistry,
  ) {
    drain?.register('intake', 'workers', () => this.stopIntake());
    drain?.register('work', 'workers', (budget) => this.finish(budget));
  }

  async onModuleInit(): Promise<void> {
    const { driver, scheduler, enabled } = this.context;
    // Also where nothing runs: a mistake in a decorator should not wait for the replica that does.
    this.tasks = [...this.explorer.tasks(), this.election.task()];
    const handlers = this.explorer.handlers();
    this.bridge.init();
    await driver.open();
    this.isOpen = true;
    if (!enabled) return;
    for (const handler of handlers) scheduler.table.addHandler(handler.definition.name, handler);
  }

  async onApplicationBootstrap(): Promise<void> {
    const { scheduler, enabled, bus, channel } = this.context;
    this.bridge.mount(this.tasks);
    if (!enabled) return;
    await scheduler.start();
    this.unsubscribe = await bus.subscribe(channel, () => scheduler.presence.wake());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stopIntake();
    await this.finish(AbortSignal.timeout(this.context.settings.drainMs));
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.context.driver.close();
  }

  /** Claims nothing more, and gives up what lives on one replica only, so that another one can have it at once. */
  private stopIntake(): Promise<void> {
    return (this.leaving ??= this.leave());
  }

  private async leave(): Promise<void> {
    const { scheduler, enabled, announce } = this.context;
    if (!enabled) return;
    await scheduler.close();
    await this.unsubscribe?.();
    const isWorker = ({ name }: RunRecord) => scheduler.table.tasks.get(name)?.isWorker ?? false;
    scheduler.runner.stop(isWorker);
    await scheduler.runner.idle(AbortSignal.timeout(LAST_WORDS_MS), isWorker);
    announce();
  }

  /** Lets the runs end within the budget; what is left is told to stop, and run again elsewhere if it may be. */
  private async finish(budget: AbortSignal): Promise<void> {
    const { scheduler, enabled, announce } = this.context;
    if (!enabled || !this.isOpen) return;
    await this.stopIntake();
    await scheduler.runner.idle(budget);
    scheduler.runner.stop();
    await scheduler.runner.idle(AbortSignal.timeout(LAST_WORDS_MS));
    await scheduler.presence.stop();
    announce();
  }
}
