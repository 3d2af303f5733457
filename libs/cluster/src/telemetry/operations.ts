import type { TraceCarrier } from '@rookery/core';

/** What a span of an operation is called and carries. */
export interface Operation {
  /** The channel of `node:diagnostics_channel` is `rookery:<name>`. */
  name: string;
  kind: 'internal' | 'producer' | 'consumer';
  span: (context: OperationContext) => { name: string; attributes: Record<string, string | number> };
}

/** What the modules put into their tracing contexts. */
export interface OperationContext extends Record<string, unknown> {
  /** Of a producer: to be filled with what links the consumer to it. Of a consumer: what the producer put there. */
  carrier?: TraceCarrier;
}

/** Every operation that the modules report. Names of spans hold no keys: they must stay few. */
export const OPERATIONS: readonly Operation[] = [
  ...['lock:acquire', 'lock:try-acquire'].map((name) => internal(name, { key: 'rookery.lock.key' })),
  ...['cache:get', 'cache:set', 'cache:factory'].map((name) => internal(name, { key: 'rookery.cache.key' })),
  ...['cache:delete', 'cache:delete-by-tag'].map((name) => internal(name, {})),
  ...['blob:get', 'blob:put'].map((name) =>
    internal(name, { container: 'rookery.blob.container', name: 'rookery.blob.name' }),
  ),
  ...['blob:sweep', 'blob:mirror'].map((name) =>
    internal(name, { driver: 'rookery.blob.driver', copy: 'rookery.blob.copy' }),
  ),
  internal('workers:run', { name: 'rookery.task.name', slot: 'rookery.task.slot' }),
  { name: 'jobs:enqueue', kind: 'producer', span: (context) => messaging('send', String(context.job), context) },
  { name: 'jobs:run', kind: 'consumer', span: (context) => messaging('process', String(context.job), context) },
  // Rooms are too many to be in a span's name.
  { name: 'realtime:publish', kind: 'producer', span: (context) => messaging('send', 'realtime', context) },
  { name: 'realtime:deliver', kind: 'consumer', span: (context) => messaging('process', 'realtime', context) },
];

function internal(name: string, attributes: Record<string, string>): Operation {
  return {
    name,
    kind: 'internal',
    span: (context) => ({ name: `rookery ${name.replace(':', ' ')}`, attributes: renamed(context, attributes) }),
  };
}

/** As the semantic conventions for messaging name it. */
function messaging(operation: 'send' | 'process', what: string, context: OperationContext) {
  const attributes = renamed(context, {
    job: 'messaging.destination.name',
    room: 'messaging.destination.name',
    id: 'messaging.message.id',
    count: 'messaging.batch.message_count',
    attempt: 'rookery.job.attempt',
    namespace: 'rookery.realtime.namespace',
    event: 'rookery.realtime.event',
  });
  const common = {
    'messaging.system': 'rookery',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
  };
  return { name: `${operation} ${what}`, attributes: { ...common, ...attributes } };
}

function renamed(context: OperationContext, names: Record<string, string>): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([from, to]) => {
      const value = context[from];
      return typeof value === 'string' || typeof value === 'number' ? [[to, value]] : [];
    }),
  );
}
