import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Traffic } from './drain-coordinator.js';

/** How long a request may have been on its way over a connection that looks idle here. */
const ON_ITS_WAY_MS = 100;

/** The HTTP server during a drain: asks keep-alive clients to go elsewhere, then finishes what is under way. */
export class HttpTraffic implements Traffic {
  private readonly underWay = new Set<ServerResponse>();
  private turningAway = false;
  private whenQuiet: (() => void) | undefined;

  constructor(private readonly server: Server) {
    server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => this.track(response));
  }

  turnAway(): void {
    this.turningAway = true;
    for (const response of this.underWay) if (!response.headersSent) response.setHeader('Connection', 'close');
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
    if (this.turningAway) response.setHeader('Connection', 'close');
    this.underWay.add(response);
    response.once('close', () => {
      this.underWay.delete(response);
      if (this.underWay.size === 0) this.whenQuiet?.();
    });
  }
}
