import {
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  BaseWsExceptionFilter,
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from '@nestjs/websockets';
import {
  ConnectionRefusedError,
  RealtimeModule,
  RefusalFilter,
  RealtimeService,
  useRealtime,
  type RealtimeModuleOptions,
} from '@rookery/realtime';
import { connectRealtime, type RealtimeClientOptions, type Recovery } from '@rookery/realtime/client';
import { map } from 'rxjs';
import { io } from 'socket.io-client';
import type { Server, Socket } from 'socket.io';
import { TestClient } from './realtime.client.js';
import { Crossing } from './realtime.crossing.js';

class NoVillains implements CanActivate {
  canActivate(context: { switchToWs(): { getData<T>(): T } }): boolean {
    if (context.switchToWs().getData<string>() === 'villain') throw new WsException('No villains here.');
    return true;
  }
}

class Shouting {
  transform(value: unknown): unknown {
    return typeof value === 'string' ? value.toUpperCase() : value;
  }
}

const exclaiming = {
  intercept: (_context: ExecutionContext, next: CallHandler<string>) => next.handle().pipe(map((text) => `${text}!`)),
};

/** A gateway as one would write it for a single process. */
@WebSocketGateway()
@UseFilters(new BaseWsExceptionFilter(), new RefusalFilter())
export class FeedGateway {
  @WebSocketServer() server: Server;

  @SubscribeMessage('join')
  async join(@ConnectedSocket() socket: Socket, @MessageBody() room: string): Promise<string> {
    await socket.join(room);
    return 'joined';
  }

  @SubscribeMessage('leave')
  async leave(@ConnectedSocket() socket: Socket, @MessageBody() room: string): Promise<string> {
    await socket.leave(room);
    return 'left';
  }

  @SubscribeMessage('say')
  say(@ConnectedSocket() socket: Socket, @MessageBody() [room, text]: [string, string]): string {
    socket.to(room).emit('said', text);
    return 'done';
  }

  @UseGuards(new NoVillains())
  @UsePipes(new Shouting(), new ValidationPipe())
  @SubscribeMessage('echo')
  echo(@MessageBody() text: string): string {
    return text;
  }

  @UseInterceptors(exclaiming)
  @SubscribeMessage('shout')
  shout(@MessageBody() text: string): string {
    return text;
  }
}

@WebSocketGateway({ namespace: 'admin' })
export class AdminGateway {
  @WebSocketServer() server: Server;
}

/** One replica of an app, in this process, on its own port. */
export interface TestReplica {
  app: INestApplication;
  realtime: RealtimeService;
  server: Server;
  url: string;
}

/** Starts replicas and clients, and stops them all. */
export class TestCluster {
  private readonly running: { close(): unknown }[] = [];

  constructor(readonly options: () => RealtimeModuleOptions) {}

  async replica(options: RealtimeModuleOptions = {}): Promise<TestReplica> {
    const module = await Test.createTestingModule({
      imports: [RealtimeModule.forRoot({ ...this.options(), ...options })],
      providers: [FeedGateway, AdminGateway],
    }).compile();
    const app = module.createNestApplication({ forceCloseConnections: false });
    useRealtime(app);
    await app.listen(0, '127.0.0.1');
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    this.running.push(app);
    return { app, url, realtime: app.get(RealtimeService), server: app.get(FeedGateway).server };
  }

  /** A process without HTTP. */
  async worker(): Promise<RealtimeService> {
    const app = await Test.createTestingModule({ imports: [RealtimeModule.forRoot(this.options())] }).compile();
    await app.init();
    this.running.push(app);
    return app.get(RealtimeService);
  }

  /** A socket.io client that knows nothing of us. */
  async plain(url: string, auth: object = {}): Promise<TestClient> {
    return this.connected(new TestClient(io(url, { transports: ['websocket'], forceNew: true, auth })));
  }

  /** The client that keeps track. */
  async client(url: string, auth: object = {}, options: RealtimeClientOptions = {}): Promise<TestClient> {
    const recoveries: Recovery[] = [];
    const socket = connectRealtime(url, {
      ...options,
      auth,
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 200,
      onRecovery: (recovery) => recoveries.push(recovery),
    });
    return this.connected(new TestClient(socket, recoveries));
  }

  /** An address that leads to one replica after the other, as a load balancer's does. */
  async crossing(first: TestReplica): Promise<Crossing> {
    const crossing = new Crossing(first);
    await crossing.listen();
    this.running.push(crossing);
    return crossing;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.running
        .splice(0)
        .reverse()
        .map((one) => one.close()),
    );
  }

  private async connected(client: TestClient): Promise<TestClient> {
    this.running.push(client);
    await new Promise<void>((resolve, reject) => {
      client.socket.once('connect', resolve);
      client.socket.once('connect_error', reject);
    });
    return client;
  }
}

/** Users by what they present; 'garbage' is refused. */
export const byToken = (socket: Socket): string | null => {
  const { token } = socket.handshake.auth as { token?: unknown };
  if (token === undefined) return null;
  if (typeof token !== 'string' || token === 'garbage')
    throw new ConnectionRefusedError('BAD_TOKEN', 'Your token is not valid; log in again.');
  return token;
};
