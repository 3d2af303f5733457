import { sleep } from '@rookery/core';
import { RECONNECT } from '../client/protocol.js';
import type { RealtimeAdapter } from './realtime.adapter.js';

const FAREWELL_MS = 50;

/**
 * Sends the sockets of a leaving replica elsewhere, spread over time, so that the other replicas are not run over.
 * Resolves when all are gone; whoever is still here when the budget ends goes then.
 */
export async function drainSockets(adapters: RealtimeAdapter[], spreadMs: number, budget: AbortSignal): Promise<void> {
  const sockets = adapters.flatMap(({ nsp }) => [...nsp.sockets.values()]);
  await Promise.all(
    sockets.map(async (socket) => {
      await sleep(Math.random() * spreadMs, budget).catch(() => undefined);
      socket.emit(RECONNECT);
      // Time for the word to arrive.
      await sleep(FAREWELL_MS, budget).catch(() => undefined);
      // The client sees a lost connection, which it mends by itself; told to disconnect, it would stay away.
      socket.conn.close();
    }),
  );
}
