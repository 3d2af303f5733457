import type { Recovery } from '@rookery/realtime/client';
import type { Socket as ClientSocket } from 'socket.io-client';

/** A client and everything it was told. */
export class TestClient {
  readonly got: unknown[][] = [];
  /** Also what the client and the server say to each other. */
  readonly raw: unknown[][] = [];

  constructor(
    readonly socket: ClientSocket,
    readonly recoveries: Recovery[] = [],
  ) {
    socket.onAny((...event: unknown[]) => {
      this.raw.push(event);
      if (!String(event[0]).startsWith('rookery:')) this.got.push(event);
    });
  }

  of(event: string): unknown[] {
    return this.got.filter(([name]) => name === event).map(([, data]) => data);
  }

  ask(event: string, data: unknown): Promise<unknown> {
    return this.socket.timeout(10_000).emitWithAck(event, data);
  }

  /** As if the network had failed. */
  cut(): void {
    this.socket.io.engine.close();
  }

  close(): void {
    this.socket.disconnect();
  }
}
