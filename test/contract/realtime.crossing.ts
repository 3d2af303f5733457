import { connect, createServer, type AddressInfo, type Socket as NetSocket } from 'node:net';

/** Forwards connections to one replica; can be turned to another, and cut. */
export class Crossing {
  private readonly sockets = new Set<NetSocket>();
  private open = true;
  private readonly server = createServer((incoming) => {
    if (!this.open) return incoming.destroy();
    const outgoing = connect(Number(new URL(this.target.url).port), '127.0.0.1');
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ]) {
      this.sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });

  constructor(private target: { url: string }) {}

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => void this.server.listen(0, '127.0.0.1', resolve));
  }

  /** Ends all connections and lets no new ones through. */
  cut(): void {
    this.open = false;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Leads new connections elsewhere, and leaves those that are. */
  lead(target: { url: string }): void {
    this.target = target;
  }

  /** Lets connections through again. */
  mend(target = this.target): void {
    this.target = target;
    this.open = true;
  }

  close(): Promise<void> {
    this.cut();
    return new Promise((resolve) => void this.server.close(() => resolve()));
  }
}
