import { context, metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClusterCache } from '@rookery/cache';
import { ClusterModule } from '@rookery/cluster';
import { memory } from '@rookery/core';
import { JobHandler, JobsService, type Job } from '@rookery/jobs';
import { LockService } from '@rookery/lock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

@JobHandler('telemetry.hello')
class Hello implements Job<{ name: string }, string> {
  async run({ name }: { name: string }) {
    return `hello ${name}`;
  }
}

const spans = new InMemorySpanExporter();
const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: exported, exportIntervalMillis: 3_600_000 });

describe('the telemetry bridge', () => {
  let app: INestApplicationContext;

  beforeAll(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
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
