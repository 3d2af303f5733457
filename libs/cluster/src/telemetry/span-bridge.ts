import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import type * as Otel from '@opentelemetry/api';
import { OPERATIONS, type Operation, type OperationContext } from './operations.js';

type Api = typeof Otel;
/** A tracing context as `node:diagnostics_channel` hands it round: the module's own object, with the error added. */
type Message = OperationContext & { error?: unknown };

interface Running {
  span: Otel.Span;
  startedAt: number;
}

/** Makes spans, and one histogram of durations, out of the tracing channels of all modules. @returns ends it */
export function bridgeSpans(api: Api): () => void {
  const store = storeOf(api);
  const stops = OPERATIONS.map((operation) => bridge(api, operation, store));
  return () => {
    for (const stop of stops) stop();
  };
}

function bridge(api: Api, { name, kind, span }: Operation, store: AsyncLocalStorage<Otel.Context>): () => void {
  const tracer = api.trace.getTracer('rookery');
  const durations = api.metrics.getMeter('rookery').createHistogram('rookery.operation.duration', {
    unit: 's',
    description: 'How long an operation of a Rookery module took',
  });
  const spanKind = {
    internal: api.SpanKind.INTERNAL,
    producer: api.SpanKind.PRODUCER,
    consumer: api.SpanKind.CONSUMER,
  }[kind];
  const running = new WeakMap<object, Running>();
  const begin = (message: Message): Otel.Context => {
    const active = store.getStore() ?? api.context.active();
    const { carrier = {} } = message;
    const parent = kind === 'consumer' ? api.propagation.extract(active, carrier) : active;
    const { name: spanName, attributes } = span(message);
    const links = kind === 'consumer' ? linksTo(api, parent) : [];
    const started = tracer.startSpan(spanName, { kind: spanKind, attributes, links }, parent);
    running.set(message, { span: started, startedAt: performance.now() });
    const inside = api.trace.setSpan(parent, started);
    if (kind === 'producer') api.propagation.inject(inside, carrier);
    return inside;
  };
  const finish = (message: Message) => {
    const known = running.get(message);
    if (!known) return;
    running.delete(message);
    const errorType = message.error === undefined ? {} : { 'error.type': fail(api, known.span, message.error) };
    durations.record((performance.now() - known.startedAt) / 1000, { 'rookery.operation': name, ...errorType });
    known.span.end();
  };
  const channel = tracingChannel(`rookery:${name}`) as unknown as Bindable;
  channel.start.bindStore(store, begin);
  // A function that threw at once has no asynchronous end.
  const listeners = { end: (message: Message) => void ('error' in message && finish(message)), asyncEnd: finish };
  for (const [event, listener] of Object.entries(listeners)) channel[event as 'end'].subscribe(listener);
  return () => {
    channel.start.unbindStore(store);
    for (const [event, listener] of Object.entries(listeners)) channel[event as 'end'].unsubscribe(listener);
  };
}

/** To the producer of a message: in a trace of its own it would be found by the link alone. */
function linksTo(api: Api, producer: Otel.Context): Otel.Link[] {
  const context = api.trace.getSpanContext(producer);
  return context ? [{ context }] : [];
}

function fail(api: Api, span: Otel.Span, error: unknown): string {
  const known = error instanceof Error ? error : new Error(String(error));
  span.recordException(known);
  span.setStatus({ code: api.SpanStatusCode.ERROR, message: known.message });
  const type = (known as { code?: string }).code ?? known.name;
  span.setAttribute('error.type', type);
  return type;
}

/**
 * Where the SDK keeps the active context, so that spans which others make inside ours become their children. The API
 * has no word for it; with another context manager, only our own spans nest.
 */
function storeOf(api: Api): AsyncLocalStorage<Otel.Context> {
  const { _getContextManager: managerOf } = api.context as unknown as { _getContextManager?: () => object };
  const manager = managerOf?.call(api.context) as { _asyncLocalStorage?: AsyncLocalStorage<Otel.Context> } | undefined;
  return manager?._asyncLocalStorage ?? new AsyncLocalStorage();
}

/** Node's types know neither the stores of a channel nor messages of a kind. */
type Bindable = Record<
  'end' | 'asyncEnd',
  { subscribe(listen: (message: Message) => void): void; unsubscribe(listen: (message: Message) => void): void }
> & {
  start: {
    bindStore(store: AsyncLocalStorage<Otel.Context>, transform: (message: Message) => Otel.Context): void;
    unbindStore(store: AsyncLocalStorage<Otel.Context>): void;
  };
};
