import { afterCommit, InvalidInputError, type TransactionManager } from '@rookery/core';
import type { Namespace } from 'socket.io';
import { EVENT } from './local-delivery.js';
import type { RealtimeAdapter } from './realtime.adapter.js';
import { checkRoom, roomOfUser } from './rooms.js';

/** The events of an app, by name: `{ price: (data: Price) => void }`. */
export type EventMap = Record<string, (...args: never[]) => void>;
/** For apps that do not type their events. */
// oxlint-disable-next-line typescript/no-explicit-any -- the arguments of events that the app does not type
export type AnyEvents = Record<string, (...args: any[]) => void>;

const RESERVED = new Set(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']);

/** Whom an event goes to, and whom not. Immutable. */
export class Emission<Events extends EventMap = AnyEvents> {
  constructor(
    private readonly namespace: () => Namespace,
    private readonly rooms: readonly string[],
    private readonly excepted: readonly string[] = [],
  ) {}

  /** Leaves out whoever is in these rooms. */
  except(...rooms: string[]): Emission<Events> {
    rooms.forEach(checkRoom);
    return new Emission(this.namespace, this.rooms, [...this.excepted, ...rooms]);
  }

  /** Leaves out these users. */
  exceptUser(...users: string[]): Emission<Events> {
    return new Emission(this.namespace, this.rooms, [...this.excepted, ...users.map(roomOfUser)]);
  }

  /**
   * Sends an event. Sockets of this replica have it when the call returns; the promise resolves when the store has it
   * too, and with it every other replica and every client that comes back. It need not be awaited.
   *
   * @throws BackplaneOverflowError, MessageTooLargeError, InvalidInputError
   */
  emit<Name extends keyof Events & string>(event: Name, ...args: Parameters<Events[Name]>): Promise<void> {
    const sent = this.send(event, args, false);
    sent.catch(() => undefined);
    return sent;
  }

  /** Sends an event that may be lost: it is in no history, and dropped while the client or the store is busy. */
  emitVolatile<Name extends keyof Events & string>(event: Name, ...args: Parameters<Events[Name]>): void {
    this.send(event, args, true).catch(() => undefined);
  }

  /**
   * Sends an event when the transaction has committed, and never if it rolls back. A process that dies in between
   * sends nothing: use a job for what must not be lost.
   *
   * @throws InvalidInputError when `manager` is in no transaction
   */
  emitAfterCommit<Name extends keyof Events & string>(
    manager: TransactionManager,
    event: Name,
    ...args: Parameters<Events[Name]>
  ): void {
    afterCommit(manager, () => void this.emit(event, ...args));
  }

  /**
   * Sends an event and collects what the clients acknowledge it with.
   *
   * @param timeoutMs milliseconds to wait for all of them
   * @throws Error when some did not answer in time; its `responses` are those that came
   */
  emitWithAck<Answer = unknown, Name extends keyof Events & string = string>(
    timeoutMs: number,
    event: Name,
    ...args: Parameters<Events[Name]>
  ): Promise<Answer[]> {
    const target = this.namespace()
      .to([...this.rooms])
      .except([...this.excepted]);
    return target.timeout(timeoutMs).emitWithAck(event, ...args) as Promise<Answer[]>;
  }

  private async send(event: string, args: unknown[], volatile: boolean): Promise<void> {
    if (RESERVED.has(event))
      throw new InvalidInputError('The event', event, 'a name that socket.io does not use itself');
    const nsp = this.namespace();
    const adapter = nsp.adapter as RealtimeAdapter;
    const flags = volatile ? { volatile } : {};
    const opts = { rooms: new Set(this.rooms), except: new Set(this.excepted), flags };
    await adapter.broadcast({ type: EVENT, data: [event, ...args] }, opts);
  }
}
