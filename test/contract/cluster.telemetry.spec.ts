import { tracingChannel } from 'node:diagnostics_channel';
import { context, metrics, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { ClusterCache } from '@rookery/cache';
import { ClusterModule } from '@rookery/cluster';
import { memory, type BackendKind } from '@rookery/core';
import { flow, JobHandler, JobsService, type Job, type JobRef } from '@rookery/jobs';
import { LockService } from '@rookery/lock';
import { RealtimeService } from '@rookery/realtime';
import type { DataSource, EntityManager } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { postgresUrl } from '../services.js';

@JobHandler('telemetry.hello')
class Hello implements Job<{ name: string }, string> {
  async run({ name }: { name: string }) {
    if (name === 'nobody') throw new Error('nobody is there');
    return `hello ${name}`;
  }
}

const spans = new InMemorySpanExporter();
const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: exported, exportIntervalMillis: 3_600_000 });

it('listens to nothing where no SDK is', async () => {
  @Module({ imports: [ClusterModule.forRoot({ backend: memory() })] })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  expect(tracingChannel('rookery:cache:get').hasSubscribers).toBe(false);
  await app.close();
});

describe('the telemetry bridge', () => {
  let app: INestApplicationContext;

  beforeAll(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    @Module({ imports: [ClusterModule.forRoot({ backend: memory() })], providers: [Hello] })
    class AppModule {}
    app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  });
  afterAll(async () => {
    await app.close();
    trace.disable();
    metrics.disable();
    context.disable();
    propagation.disable();
  });
  beforeEach(() => spans.reset());

  const named = (name: string) => spans.getFinishedSpans().find((span) => span.name === name)!;

  it('makes a span of every operation, under the span of the caller', async () => {
    const tracer = trace.getTracer('app');
    await tracer.startActiveSpan('request', async (request) => {
      await app.get(LockService).using('invoice:42', async () => undefined);
      request.end();
    });
    const lock = named('rookery lock acquire');
    expect(lock.kind).toBe(SpanKind.INTERNAL);
    expect(lock.parentSpanContext?.spanId).toBe(named('request').spanContext().spanId);
  });

  it('is the parent of what happens inside', async () => {
    const tracer = trace.getTracer('app');
    await app.get(ClusterCache).getOrSet('a', async () => {
      tracer.startSpan('query').end();
      return 1;
    });
    const factory = named('rookery cache factory');
    expect(named('query').parentSpanContext?.spanId).toBe(factory.spanContext().spanId);
  });

  it('says what went wrong', async () => {
    const failing = app.get(ClusterCache).getOrSet('b', () => Promise.reject(new Error('no database')));
    await expect(failing).rejects.toThrow();
    const { status, events } = named('rookery cache factory');
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'no database' });
    expect(events[0].name).toBe('exception');
  });

  it('names jobs as the conventions for messaging do', async () => {
    const job = await app.get(JobsService).enqueue(Hello, { name: 'you' });
    expect(await job.waitUntilDone()).toBe('hello you');
    await expect.poll(() => named('process telemetry.hello'), { timeout: 10_000 }).toBeDefined();
    expect(named('send telemetry.hello').kind).toBe(SpanKind.PRODUCER);
    expect(named('process telemetry.hello')).toMatchObject({
      kind: SpanKind.CONSUMER,
      attributes: { 'messaging.destination.name': 'telemetry.hello', 'messaging.operation.type': 'process' },
    });
  });

  it('says of a job that failed why it did', async () => {
    const job = await app.get(JobsService).enqueue(Hello, { name: 'nobody' }, { attempts: 1 });
    await expect(job.waitUntilDone()).rejects.toThrow('nobody is there');
    await expect.poll(() => named('process telemetry.hello'), { timeout: 10_000 }).toBeDefined();
    const { status, attributes } = named('process telemetry.hello');
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'nobody is there' });
    expect(attributes).toMatchObject({ 'error.type': 'Error' });
  });

  it('measures durations, and what can be looked at', async () => {
    await reader.forceFlush();
    const all = exported.getMetrics().flatMap((batch) => batch.scopeMetrics.flatMap((scope) => scope.metrics));
    const pointsOf = (name: string) => all.filter(({ descriptor }) => descriptor.name === name).at(-1)!.dataPoints;
    expect(pointsOf('rookery.operation.duration').map((point) => point.attributes)).toContainEqual({
      'rookery.operation': 'lock:acquire',
    });
    expect(pointsOf('rookery.replicas')).toMatchObject([{ attributes: { state: 'ready' }, value: 1 }]);
    expect(pointsOf('rookery.cache.requests')).toHaveLength(4);
  });
});

describe.each<BackendKind>(['memory', 'redis', 'postgres'])('a trace across replicas on %s', (kind) => {
  const apps: INestApplicationContext[] = [];

  beforeAll(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
    const backends = backendsOf(kind);
    const namespace = freshNamespace();
    for (const roles of [['web'], ['jobs']] as const) {
      const parts = { jobs: {}, realtime: {}, lock: false, cache: false, blob: false, workers: false } as const;
      const cluster = ClusterModule.forRoot({ backend: backends(namespace), roles, ...parts });
      const database = TypeOrmModule.forRoot({ type: 'postgres', url: postgresUrl(), poolSize: 2 });
      @Module({ imports: [cluster, database], providers: [Hello] })
      class AppModule {}
      apps.push(await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false }));
    }
  });
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    trace.disable();
    context.disable();
    propagation.disable();
  });
  beforeEach(() => spans.reset());

  const finished = (name: string) => spans.getFinishedSpans().filter((span) => span.name === name);
  const inRequest = <T>(work: () => Promise<T>) =>
    trace.getTracer('app').startActiveSpan('request', (span) => work().finally(() => span.end()));

  const inTransaction = <T>(work: (manager: EntityManager) => Promise<T>) =>
    apps[0].get<DataSource>(getDataSourceToken()).transaction(work);

  it.each<[string, (jobs: JobsService) => Promise<JobRef<string>>]>([
    ['a job', (jobs) => jobs.enqueue(Hello, { name: 'you' })],
    ['many jobs', async (jobs) => (await jobs.enqueueMany(Hello, [{ name: 'you' }, { name: 'me' }]))[1]],
    ['a job of a transaction', (jobs) => inTransaction((manager) => jobs.enqueue(Hello, { name: 'you' }, { manager }))],
    ['a flow', (jobs) => jobs.enqueueFlow(flow(Hello, { name: 'you' }, [flow(Hello, { name: 'me' })]))],
  ])('leads from a request to the run of %s elsewhere', async (_what, enqueue) => {
    const job = await inRequest(() => enqueue(apps[0].get(JobsService)));
    // A job of a transaction comes to its queue a moment later.
    await vi.waitFor(() => job.waitUntilDone({ timeoutMs: 30_000 }), { timeout: 30_000 });
    await vi.waitFor(() => expect(finished('process telemetry.hello').length).toBeGreaterThan(0), { timeout: 20_000 });
    const [sent] = finished('send telemetry.hello');
    for (const run of finished('process telemetry.hello')) {
      expect(run.spanContext().traceId).toBe(finished('request')[0].spanContext().traceId);
      expect(run.links.map((link) => link.context.spanId)).toEqual([sent.spanContext().spanId]);
    }
  });

  it('leads from an emit to its delivery elsewhere', async () => {
    const [here, there] = apps.map((app) => app.get(RealtimeService));
    await there.presence('news');
    await vi.waitFor(
      async () => {
        spans.reset();
        await inRequest(() => here.toRoom('news').emit('headline', 'rain'));
        await vi.waitFor(() => expect(finished('process realtime').length).toBeGreaterThan(0), { timeout: 2_000 });
      },
      { timeout: 30_000 },
    );
    const [sent] = finished('send realtime');
    const [delivered] = finished('process realtime');
    expect(sent.parentSpanContext?.spanId).toBe(finished('request')[0].spanContext().spanId);
    expect(delivered).toMatchObject({
      kind: SpanKind.CONSUMER,
      links: [{ context: { spanId: sent.spanContext().spanId } }],
    });
    expect(delivered.attributes).toMatchObject({ 'messaging.destination.name': 'news' });
  });
});
