import type { Check } from '../check.js';
import type { Patient } from '../patient.js';

/** As @nestjs/websockets marks classes. */
const GATEWAY = 'websockets:is_gateway';
/** What Nest ships; each knows only the sockets of its own process. */
const LOCAL_ADAPTERS = new Set(['IoAdapter', 'WsAdapter', 'AbstractWsAdapter']);

export const gatewayOnDefaultAdapter: Check = {
  id: 'RK009',
  severity: 'error',
  why: 'A message reaches only the sockets of the replica that sent it: with three replicas, two thirds of the users miss it.',
  cure: 'Leave realtime in ClusterModule and call useCluster(app) in main.ts, without setting another WebSocket adapter after it.',
  find(patient) {
    const adapter = adapterOf(patient);
    if (adapter && !LOCAL_ADAPTERS.has(adapter)) return [];
    return patient.explorer
      .classes<boolean>(GATEWAY)
      .map(({ metatype }) => `${metatype.name} on ${adapter ?? "Nest's default adapter"}`);
  },
};

/** The name of the adapter's class; Nest keeps it where only the app itself can see it. */
function adapterOf({ attachment: { app } }: Patient): string | undefined {
  const config = (app as unknown as { config?: { getIoAdapter(): object | undefined } } | undefined)?.config;
  return config?.getIoAdapter()?.constructor.name;
}
