import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel';

/**
 * What a listener puts into the context of an operation that sends something, so that whoever receives it can link to
 * it: a W3C `traceparent`, say. It travels with the message. Empty while nobody listens.
 */
export type TraceCarrier = Record<string, string>;

/** Channels are the process's own, by name; finding one anew takes longer than a cache hit. */
const channels = new Map<string, TracingChannel>();

/**
 * Runs `work` inside the tracing channel `rookery:<module>:<operation>` of `node:diagnostics_channel`: the one seam
 * for telemetry. Costs next to nothing while nobody listens.
 */
export function traced<T>(channelName: string, context: object, work: () => Promise<T>): Promise<T> {
  let channel = channels.get(channelName);
  if (!channel) channels.set(channelName, (channel = tracingChannel(`rookery:${channelName}`)));
  return channel.hasSubscribers ? channel.tracePromise(work, context) : work();
}
