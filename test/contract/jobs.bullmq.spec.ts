import {
  BullModule,
  getFlowProducerToken,
  getQueueToken,
  OnQueueEvent,
  Processor,
  QueueEventsHost,
  QueueEventsListener,
  WorkerHost,
} from '@nestjs/bullmq';
import { NestFactory } from '@nestjs/core';
import type { BackendKind } from '@rookery/core';
import { JobsModule, JobsService, type JobsModuleOptions } from '@rookery/jobs';
import { jobOf } from '@rookery/jobs/testing';
import type { FlowProducer, Job, Queue } from 'bullmq';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';

const WAIT = { timeout: 20_000 };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const seen: unknown[] = [];
const events: string[] = [];

@Processor('audio')
class AudioProcessor extends WorkerHost {
  async process(job: Job<{ n: number }>) {
    seen.push(job.name);
    await new Promise((resolve) => setTimeout(resolve, job.data.n));
    return job.data.n * 2;
  }
}

@QueueEventsListener('audio')
class AudioEvents extends QueueEventsHost {
  @OnQueueEvent('completed')
  onCompleted({ jobId }: { jobId: string }) {
    events.push(jobId);
  }
}

class AudioModule {}
class AppModule {}

const kinds: BackendKind[] = ['redis', 'postgres'];
describe.each(kinds)('@nestjs/bullmq beside our jobs on %s', (kind) => {
  const backends = backendsOf(kind);
  const namespace = freshNamespace();

  async function app(options: JobsModuleOptions = {}, jobs: never[] = []) {
    const audio = {
      module: AudioModule,
      imports: [BullModule.registerQueue({ name: 'audio' }), BullModule.registerFlowProducer({ name: 'flow' })],
      providers: [AudioProcessor, AudioEvents],
      exports: [BullModule],
    };
    const context = await NestFactory.createApplicationContext(
      {
        module: AppModule,
        // The app's own queues come first: the order does not matter.
        imports: [audio, await JobsModule.forRoot({ backend: backends(namespace), ...options })],
        providers: jobs,
      },
      { logger: ['error', 'fatal'] },
    );
    closing.push(() => context.close());
    return { context, queue: context.get<Queue>(getQueueToken('audio'), { strict: false }) };
  }

  it('queues, processors, flows and queue events work on the same store', async () => {
    const { context, queue } = await app();
    const job = await queue.add('one', { n: 1 });
    await vi.waitFor(async () => expect(await job.getState()).toBe('completed'), WAIT);
    // bullmq tells what happens after it has begun to listen, whenever that is.
    await vi.waitFor(async () => {
      await queue.add('again', { n: 1 });
      expect(events.length).toBeGreaterThan(0);
    }, WAIT);
    const flows = context.get<FlowProducer>(getFlowProducerToken('flow'), { strict: false });
    const child = { name: 'child', queueName: 'audio', data: { n: 2 } };
    const { job: parent } = await flows.add({ name: 'parent', queueName: 'audio', data: { n: 3 }, children: [child] });
    await vi.waitFor(async () => expect(await parent.getState()).toBe('completed'), WAIT);
    expect(seen.filter((name) => name === 'child' || name === 'parent')).toEqual(['child', 'parent']);
    seen.length = events.length = 0;
  });

  it('our queues can be looked into with bullmq, as dashboards do', async () => {
    const Ours = jobOf((n: number) => n + 1);
    const { context } = await app({}, [Ours as never]);
    const jobs = context.get(JobsService);
    const done = await jobs.enqueue(Ours, 1);
    await done.waitUntilDone();
    const { connection, prefix } = (await app()).queue.opts;
    const bullmq = await import('bullmq');
    const queue = new bullmq.Queue(done.queue, { connection, prefix });
    closing.push(() => queue.close());
    expect(await queue.getCompletedCount()).toBe(1);
    expect((await queue.getJob(done.id))!.returnvalue).toBe(2);
  });

  it('processors run only where jobs are executed, and finish what they run before the app closes', async () => {
    const idle = await app({ execute: false });
    const job = await idle.queue.add('waits', { n: 500 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await job.getState()).toBe('waiting');
    const { context } = await app();
    await vi.waitFor(async () => expect(await job.getState()).toBe('active'), WAIT);
    await context.close();
    expect(await job.getState()).toBe('completed');
  });
});
