import { withDeadline } from '@rookery/core';
import type { Namespace, Socket } from 'socket.io';
import { ConnectionRefusedError } from '../realtime.errors.js';
import { ConnectionLimit } from './connection-limit.js';
import { parseHello } from './hello.js';
import { RateLimit } from './rate-limit.js';
import type { RealtimeAdapter } from './realtime.adapter.js';
import { Recovery } from './recovery.js';
import { roomOfUser } from './rooms.js';
import { Session } from './session.js';

const AUTH_DEADLINE_MS = 10_000;

/** What a socket passes on its way into a namespace, before the app's own middlewares and handlers. */
export class Gate {
  private readonly userOfSocket = new WeakMap<Socket, string>();

  private readonly limit: ConnectionLimit | undefined;

  constructor(private readonly adapter: RealtimeAdapter) {
    const { maxSocketsPerUser } = adapter.host.options;
    if (maxSocketsPerUser < Infinity) this.limit = new ConnectionLimit(adapter.roster, maxSocketsPerUser);
  }

  install(nsp: Namespace): void {
    nsp.use((socket, next) => {
      this.check(socket).then(
        () => next(),
        (error: unknown) => next(asRefusal(error)),
      );
    });
    nsp.on('connection', (socket) => this.enter(socket));
  }

  private async check(socket: Socket): Promise<void> {
    const { options } = this.adapter.host;
    await withDeadline('The first contact with the store', this.adapter.log.ready);
    if (!options.userOf) return;
    const user = await withDeadline('userOf', Promise.resolve(options.userOf(socket)), {
      deadlineMs: AUTH_DEADLINE_MS,
    });
    if (user === null) return;
    if (typeof user !== 'string' || user === '' || user.length > 200)
      throw new ConnectionRefusedError('ROOKERY_UNAUTHENTICATED', 'Who you are could not be established.');
    await this.limit?.admit(user, socket);
    this.userOfSocket.set(socket, user);
  }

  private enter(socket: Socket): void {
    const { adapter } = this;
    const user = this.userOfSocket.get(socket);
    const hello = parseHello(socket.handshake.auth);
    this.limitRate(socket);
    if (user !== undefined) {
      adapter.users.set(socket.id, user);
      adapter.admit(socket.id, new Set([roomOfUser(user)]));
    }
    if (!hello) return;
    const session = new Session(socket, adapter);
    adapter.sessions.set(socket.id, session);
    if (hello.sid === undefined) session.refresh();
    else void new Recovery(adapter, session, hello).run();
  }

  private limitRate(socket: Socket): void {
    const limit = new RateLimit(this.adapter.host.options.maxEventsPerSecond);
    const answers = new RateLimit(1);
    socket.use((_event, next) => {
      if (limit.take()) return next();
      // As Nest's own filter answers; not to every event, or the answers would be a flood themselves.
      if (answers.take())
        socket.emit('exception', { status: 'error', code: 'ROOKERY_RATE_LIMITED', message: 'Too many events.' });
    });
  }
}

/** The words of errors that are meant for clients; nothing of those that are not. */
function asRefusal(error: unknown): Error {
  if (error instanceof ConnectionRefusedError) return error;
  const { name, message, getResponse, getError } = error as Error & { getResponse?: unknown; getError?: unknown };
  const isForClients = typeof getResponse === 'function' || typeof getError === 'function';
  return new ConnectionRefusedError(
    'ROOKERY_UNAUTHENTICATED',
    isForClients ? message || name : 'The connection was refused.',
  );
}
