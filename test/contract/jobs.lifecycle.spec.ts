import { Global, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DRAIN, memory, ReplicaIdentity, type DrainPhase, type DrainRegistry, type ReplicaRole } from '@rookery/core';
import { JobsModule, JobsService, type JobsModuleOptions } from '@rookery/jobs';
import { jobOf } from '@rookery/jobs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';

const WAIT = { timeout: 20_000 };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** What ClusterModule provides for all modules. */
class Phases implements DrainRegistry {
  readonly steps: { phase: DrainPhase; run: (budget: AbortSignal) => Promise<void> }[] = [];

  register(phase: DrainPhase, _name: string, run: (budget: AbortSignal) => Promise<void>): void {
    this.steps.push({ phase, run });
  }

  async run(phase: DrainPhase, budgetMs = 10_000): Promise<void> {
    const budget = AbortSignal.timeout(budgetMs);
    await Promise.all(this.steps.filter((step) => step.phase === phase).map(({ run }) => run(budget)));
  }
}

@Global()
@Module({})
class ClusterStandIn {
  static with(phases: Phases, roles?: ReplicaRole[]): DynamicModule {
    const providers = [
      { provide: DRAIN, useValue: phases },
      { provide: ReplicaIdentity, useValue: new ReplicaIdentity({ roles }) },
    ];
    return { module: ClusterStandIn, providers, exports: providers };
  }
}

async function app(phases: Phases, job: never, options: JobsModuleOptions = {}, roles?: ReplicaRole[]) {
  class AppModule {}
  const context = await NestFactory.createApplicationContext(
    {
      module: AppModule,
      imports: [
        ClusterStandIn.with(phases, roles),
        await JobsModule.forRoot({ backend: memory(), abortGraceMs: 100, ...options }),
      ],
      providers: [job],
    },
    { logger: ['error'] },
  );
  closing.push(() => context.close());
  return context.get(JobsService);
}

describe('jobs in the drain phases of the cluster', () => {
  it('intake: no further job; work: what runs may finish', async () => {
    const phases = new Phases();
    const seen: number[] = [];
    let release = () => {};
    const Slow = jobOf(
      async (n: number) => {
        seen.push(n);
        await new Promise<void>((resolve) => (release = resolve));
      },
      { concurrency: 1 },
    );
    const jobs = await app(phases, Slow as never);
    const [first, second] = await jobs.enqueueMany(Slow, [1, 2]);
    await vi.waitFor(() => expect(seen).toEqual([1]), WAIT);
    await phases.run('intake');
    release();
    await vi.waitFor(async () => expect(await first.state()).toBe('completed'), WAIT);
    await phases.run('work');
    expect(seen).toEqual([1]);
    expect(await second.state()).toBe('waiting');
  });

  it('work: a budget that is up ends the waiting, and the job goes back', async () => {
    const phases = new Phases();
    const aborted: unknown[] = [];
    const Endless = jobOf(
      (_: null, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            aborted.push((signal.reason as { code: string }).code);
            reject(signal.reason as Error);
          }),
        ),
    );
    const jobs = await app(phases, Endless as never, { drainMs: 600_000 });
    const job = await jobs.enqueue(Endless, null);
    await vi.waitFor(async () => expect(await job.state()).toBe('active'), WAIT);
    await phases.run('intake');
    await phases.run('work', 100);
    expect(aborted).toEqual(['ROOKERY_JOB_INTERRUPTED']);
    await vi.waitFor(async () => expect(await job.info()).toMatchObject({ state: 'waiting', attemptsMade: 0 }), WAIT);
  });

  it('a replica without the role "jobs" only enqueues', async () => {
    const Idle = jobOf(() => 'ran');
    const jobs = await app(new Phases(), Idle as never, {}, ['web']);
    const job = await jobs.enqueue(Idle, null);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await job.state()).toBe('waiting');
  });
});
