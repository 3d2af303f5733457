import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A piece of network between clients and a server, to break. */
export interface Link {
  /** Where clients connect instead of the server. */
  readonly port: number;
  /** The server's URL with this link's port in it. */
  throughUrl(url: string): string;
  /** Breaks all connections and refuses new ones. */
  cut(): void;
  /** Keeps connections open, but lets nothing through: packets that vanish. */
  stall(): void;
  /** Forgets the connections that there are: nothing comes through them again, and nobody is told. New ones work. */
  swallow(): void;
  /** Holds everything back for this long, in both directions. */
  delay(ms: number): void;
  /** As new: what was held back goes through, new connections are accepted. */
  heal(): void;
  /** Breaks all connections and closes the port. */
  stop(): Promise<void>;
}

/**
 * Starts a TCP proxy on 127.0.0.1 before a port, to cut what goes through it.
 *
 * @example
 * const link = await startProxy(redis.port);
 * const client = new Redis(link.throughUrl(redis.url));
 * link.cut();
 * link.heal();
 */
export async function startProxy(targetPort: number): Promise<Link> {
  const sockets = new Set<Socket>();
  const events = new EventEmitter().setMaxListeners(0);
  let state: 'open' | 'cut' | 'stalled' = 'open';
  let delayMs = 0;
  let swallowed = 0;

  const breakAll = () => sockets.forEach((socket) => socket.resetAndDestroy());

  /** Sends on what arrives, in order, each piece not before its time. */
  const pump = (from: Socket, to: Socket) => {
    const born = swallowed;
    let sent = Promise.resolve();
    const after = (action: () => void) => {
      const due = performance.now() + delayMs;
      sent = sent.then(async () => {
        if (due > performance.now()) await wait(due - performance.now());
        if (state === 'stalled') await once(events, 'heal');
        if (!to.destroyed && born === swallowed) action();
      });
    };
    from.on('data', (chunk) => after(() => to.write(chunk) || from.pause()));
    from.on('end', () => after(() => to.end()));
    from.on('error', () => born === swallowed && to.destroy());
    to.on('drain', () => from.resume());
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (state === 'cut') return void client.resetAndDestroy();
    const upstream = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      socket.on('close', () => sockets.delete(socket));
    }
    pump(client, upstream);
    pump(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    port,
    throughUrl: (url) => {
      const through = new URL(url);
      through.port = String(port);
      return through.href;
    },
    cut: () => {
      state = 'cut';
      breakAll();
    },
    stall: () => void (state = 'stalled'),
    swallow: () => void swallowed++,
    delay: (ms) => void (delayMs = ms),
    heal: () => {
      state = 'open';
      delayMs = 0;
      events.emit('heal');
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      breakAll();
      await closed;
    },
  };
}
