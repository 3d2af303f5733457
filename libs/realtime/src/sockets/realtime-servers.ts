import { Server, type Namespace } from 'socket.io';
import type { Adapter } from 'socket.io-adapter';
import { Gate } from './gate.js';
import { RealtimeAdapter } from './realtime.adapter.js';
import type { RealtimeHost } from './realtime-host.js';

/** The socket.io servers of this process: those of the gateways, or one without sockets that only speaks to the others. */
export class RealtimeServers {
  /** What socket.io takes as its `adapter` option. */
  readonly adapter: typeof Adapter;
  private readonly servers: Server[] = [];

  constructor(host: RealtimeHost) {
    this.adapter = adapterFor(host);
  }

  /** Takes over a server that was made with our adapter. */
  attach(server: Server): void {
    this.servers.push(server);
    this.guard(server.sockets);
    server.on('new_namespace', (nsp) => this.guard(nsp));
  }

  /** The namespace through which this process speaks. */
  namespace(name: string): Namespace {
    if (this.servers.length === 0) this.attach(new Server({ adapter: this.adapter }));
    return this.servers[0].of(name);
  }

  /** Of all namespaces in use; of dynamic ones, the children. */
  adapters(): RealtimeAdapter[] {
    return this.servers
      .flatMap(({ _nsps }) => [..._nsps.values()])
      .map(({ adapter }) => adapter)
      .filter((adapter) => adapter instanceof RealtimeAdapter);
  }

  async close(): Promise<void> {
    await Promise.all(this.adapters().map((adapter) => adapter.close()));
  }

  private guard(nsp: Namespace): void {
    if (nsp.adapter instanceof RealtimeAdapter) new Gate(nsp.adapter).install(nsp);
  }
}

/** socket.io makes the adapters itself, one for each namespace, and hands them nothing else. */
function adapterFor(host: RealtimeHost): typeof Adapter {
  const adapter: new (nsp: Namespace) => Adapter = class extends RealtimeAdapter {
    constructor(nsp: Namespace) {
      super(nsp, host);
    }
  };
  return adapter as typeof Adapter;
}
