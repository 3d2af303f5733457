import { tracingChannel } from 'node:diagnostics_channel';

/**
 * Runs `work` inside the tracing channel `rookery:<module>:<operation>` of `node:diagnostics_channel`: the one seam
 * for telemetry. Costs next to nothing while nobody listens.
 */
export function traced<T>(channelName: string, context: object, work: () => Promise<T>): Promise<T> {
  const channel = tracingChannel(`rookery:${channelName}`);
  return channel.hasSubscribers ? channel.tracePromise(work, context) : work();
}
