import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { createProxyServer } from 'httpxy';
import { TestingError } from '../testing.errors.js';
import { connectTo, isReady, type Target } from './target.js';

/** How the load balancer judges replicas. */
export interface LoadBalancerOptions {
  /** The path that answers 200 when a replica takes requests. */
  readyPath: string;
  /** How often readiness is asked. */
  checkEveryMs: number;
  /** How long a readiness check may take. */
  checkTimeoutMs: number;
  /** How long a replica may take to accept a connection. */
  connectTimeoutMs: number;
  /** How long a replica may be silent before a request is given up. */
  responseTimeoutMs: number;
  /** Sends a client always to the same replica, by a cookie, as long as that one is ready. */
  sticky?: boolean;
}

/**
 * Spreads HTTP requests and WebSockets over replicas in turn, as a cautious reverse proxy does: a replica that refuses
 * connections or says it is not ready gets nothing until it says it is; a request that no replica has seen goes to the
 * next one; one that a replica may have seen is repeated only if it has no body and no effect (GET, HEAD, OPTIONS).
 * When no replica is ready, all are tried.
 */
export class LoadBalancer {
  private readonly proxy = createProxyServer();
  private readonly server: Server;
  private readonly upgraded = new Set<Socket>();
  private readonly closing = new AbortController();
  private turn = 0;

  constructor(
    private readonly targets: readonly Target[],
    private readonly options: LoadBalancerOptions,
  ) {
    // Hop-by-hop: what a replica says about its connection to us is not for the client.
    this.proxy.on('proxyRes', (response) => delete response.headers.connection);
    this.server = createServer((request, response) => void this.serve(request, response));
    // Longer than clients keep an idle connection: none of theirs meets one that we are just closing.
    this.server.keepAliveTimeout = 65_000;
    this.server.on('upgrade', (request, socket, head) => void this.upgrade(request, socket as Socket, head));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** @throws TestingError `PORT_IN_USE` */
  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (cause) =>
        reject(new TestingError('PORT_IN_USE', `Port ${port} cannot be listened on: ${cause.message}.`, { cause })),
      );
      this.server.listen(port, '127.0.0.1', resolve);
    });
    for (const target of this.targets) void this.watch(target);
  }

  async close(): Promise<void> {
    this.closing.abort();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    for (const socket of this.upgraded) socket.destroy();
    await closed;
  }

  private async watch(target: Target): Promise<void> {
    const { readyPath, checkEveryMs, checkTimeoutMs } = this.options;
    while (!this.closing.signal.aborted) {
      target.healthy = await isReady(`${target.url}${readyPath}`, checkTimeoutMs);
      await wait(checkEveryMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  /** The targets in the order in which to try them now. */
  private inTurn(request: IncomingMessage): Target[] {
    const ready = this.targets.filter((target) => target.healthy);
    const others = this.targets.filter((target) => !target.healthy);
    const own = this.options.sticky ? ready.findIndex((target) => isNamedBy(request, target)) : -1;
    const first = own >= 0 ? own : this.turn++ % Math.max(ready.length, 1);
    return [...ready.slice(first), ...ready.slice(0, first), ...others];
  }

  private async connect(target: Target): Promise<Socket | null> {
    const socket = await connectTo(target, this.options.connectTimeoutMs);
    if (!socket) target.healthy = false;
    return socket;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const target of this.inTurn(request)) {
      const socket = await this.connect(target);
      if (!socket) continue;
      const problem = await this.forward(request, response, target, socket);
      if (!problem) return;
      if (response.headersSent) return void response.destroy();
      if (!isRepeatable(request)) return refuse(response, 502, `A replica broke off: ${problem.message}`);
    }
    refuse(response, 503, 'No replica accepts connections.');
  }

  private forward(request: IncomingMessage, response: ServerResponse, target: Target, socket: Socket) {
    if (this.options.sticky && !isNamedBy(request, target)) response.setHeader('set-cookie', cookieFor(target));
    return this.proxy
      .web(request, response, {
        target: target.url,
        agent: agentOver(socket),
        headers: { connection: 'close' },
        proxyTimeout: this.options.responseTimeoutMs,
        xfwd: true,
      })
      .then(
        () => undefined,
        (error: Error) => error,
      );
  }

  private async upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    this.upgraded.add(socket);
    socket.once('close', () => this.upgraded.delete(socket));
    for (const target of this.inTurn(request)) {
      const upstream = await this.connect(target);
      if (!upstream) continue;
      const options = { target: target.url, agent: agentOver(upstream), xfwd: true };
      upstream.once('close', () => socket.destroy());
      await this.proxy.ws(request, socket, options, head).catch(() => socket.destroy());
      return;
    }
    socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
  }
}

/** An agent that sends one request over a connection that stands already: what is not sent can go elsewhere. */
function agentOver(socket: Socket): Agent {
  return Object.assign(new Agent({ keepAlive: false }), { createConnection: () => socket });
}

const cookieFor = ({ port }: Target) => `replica=${port}; Path=/; HttpOnly`;

function isNamedBy({ headers }: IncomingMessage, { port }: Target): boolean {
  return /(?:^|;\s*)replica=(\d+)/.exec(headers.cookie ?? '')?.[1] === String(port);
}

function isRepeatable({ method, headers }: IncomingMessage): boolean {
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  return !hasBody && ['GET', 'HEAD', 'OPTIONS'].includes(method ?? '');
}

function refuse(response: ServerResponse, statusCode: number, message: string): void {
  if (response.destroyed) return;
  response.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify({ statusCode, message }));
}
