import { startCluster, type Cluster } from '@rookery/testing';
import { connectRealtime, type Recovery } from '@rookery/realtime/client';
import type { Socket } from 'socket.io-client';
import { afterEach, describe, expect, it, vi } from 'vitest';

const WAIT = { timeout: 60_000, interval: 50 };
const CLIENTS = 9;

interface Listener {
  socket: Socket;
  heard: number[];
  recoveries: Recovery[];
}

describe('HTTP polling through a load balancer', () => {
  let cluster: Cluster;
  let listeners: Listener[] = [];
  afterEach(async () => {
    for (const { socket } of listeners.splice(0)) socket.disconnect();
    await cluster?.stop();
  });

  const start = async (sticky: boolean) => {
    cluster = await startCluster({
      entry: new URL('../chaos/fixtures/realtime.app.mjs', import.meta.url),
      replicas: 3,
      backend: 'redis',
      stores: ['redis'],
      sticky,
      env: { TRANSPORTS: 'polling,websocket' },
    });
  };

  function listen(transports: ('polling' | 'websocket')[]): Listener {
    const listener: Listener = { heard: [], recoveries: [], socket: undefined! };
    // Cookies, without which the load balancer would not know the client again.
    const options = { transports, withCredentials: true, forceNew: true, reconnectionDelay: 50 };
    const onRecovery = (recovery: Recovery) => listener.recoveries.push(recovery);
    listener.socket = connectRealtime(cluster.url, { ...options, onRecovery });
    listener.socket.on('said', ({ n }: { n: number }) => listener.heard.push(n));
    listeners.push(listener);
    return listener;
  }

  const ask = (socket: Socket, event: string, data?: unknown): Promise<string> =>
    socket.timeout(20_000).emitWithAck(event, data);

  it.each([
    ['only polls', ['polling']],
    ['begins with polling', ['polling', 'websocket']],
  ] as const)(
    'serves a client that %s, as long as its replica lives, and brings it to another one then',
    async (_, transports) => {
      await start(true);
      listeners = Array.from({ length: CLIENTS }, () => listen([...transports]));
      await vi.waitFor(() => expect(listeners.filter(({ socket }) => socket.connected)).toHaveLength(CLIENTS), WAIT);
      const homes = await Promise.all(listeners.map(({ socket }) => ask(socket, 'where')));
      expect(new Set(homes).size).toBe(3);
      await Promise.all(listeners.map(({ socket }) => ask(socket, 'join', 'room')));
      if (transports.length === 2)
        await vi.waitFor(() => {
          for (const { socket } of listeners) expect(socket.io.engine.transport.name).toBe('websocket');
        }, WAIT);
      const say = (n: number) => ask(listeners[0].socket, 'say', { room: 'room', from: 'me', n });
      for (let n = 0; n < 10; n++) await say(n);
      const numbers = (n: number) => Array.from({ length: n }, (_unused, i) => i);
      await vi.waitFor(() => listeners.forEach(({ heard }) => expect(heard).toEqual(numbers(10))), WAIT);
      // Nobody had to come back: every request of a session found its replica.
      for (const { recoveries } of listeners) expect(recoveries).toEqual([]);

      const victim = homes[0] === 'replica-1' ? 1 : 0;
      await cluster.kill(victim);
      for (let n = 10; n < 20; n++) await say(n);
      const lost = listeners.filter((_listener, index) => homes[index] === `replica-${victim + 1}`);
      expect(lost.length).toBeGreaterThan(0);
      await vi.waitFor(() => {
        for (const { recoveries } of lost) expect(recoveries).toMatchObject([{ recovered: true }]);
        for (const { heard } of listeners) expect(heard).toEqual(numbers(20));
      }, WAIT);
    },
  );

  it('does not work without affinity, which is why it is off by default', async () => {
    await start(false);
    const { socket } = listen(['polling']);
    const refusals: unknown[] = [];
    socket.on('connect_error', (error: Error & { context?: { responseText?: string } }) =>
      refusals.push(error.context?.responseText ?? error.message),
    );
    await vi.waitFor(() => expect(String(refusals)).toMatch(/Session ID unknown|xhr/), WAIT);
  });
});
