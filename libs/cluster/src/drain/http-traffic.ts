import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Traffic } from './drain-coordinator.js';

/** How long a request may have been on its way over a connection that looks idle here. */
const ON_ITS_WAY_MS = 100;

/** What Node itself looks at to tell which connections are idle. */
type Connection = Socket & { readonly _httpMessage?: ServerResponse | null };

/**
 * The HTTP server during a drain: asks keep-alive clients to go elsewhere, then finishes what is under way. Until then
 * it looks at connections only: following every request would cost a twentieth of the throughput.
 */
export class HttpTraffic implements Traffic {
  private readonly connections = new Set<Connection>();
  private readonly underWay = new Set<ServerResponse>();
  private whenQuiet: (() => void) | undefined;

  constructor(private readonly server: Server) {
    for (const event of ['connection', 'secureConnection'])
      server.on(event, (connection: Connection) => {
        this.connections.add(connection);
        connection.once('close', () => this.connections.delete(connection));
      });
  }

  turnAway(): void {
    this.server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) =>
      this.track(response),
    );
    for (const { _httpMessage: response } of this.connections) if (response) this.track(response);
  }

  async finish(budget: AbortSignal): Promise<void> {
    if (!this.server.listening) return;
    // Not http's own close(): that one tears idle connections at once, under requests that are on their way.
    NetServer.prototype.close.call(this.server);
    await wait(ON_ITS_WAY_MS);
    await this.quiet(budget);
    this.server.closeIdleConnections();
    if (!budget.aborted) return;
    const cut = this.underWay.size;
    this.server.closeAllConnections();
    throw new Error(`${cut} requests were under way`);
  }

  private quiet(budget: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.underWay.size === 0 || budget.aborted) return resolve();
      this.whenQuiet = resolve;
      budget.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  private track(response: ServerResponse): void {
    if (!response.headersSent) response.setHeader('Connection', 'close');
    this.underWay.add(response);
    response.once('close', () => {
      this.underWay.delete(response);
      if (this.underWay.size === 0) this.whenQuiet?.();
    });
  }
}
