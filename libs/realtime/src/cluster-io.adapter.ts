import { Logger, type INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Server, type ServerOptions } from 'socket.io';
import type { RealtimeService } from './realtime.service.js';

/** Nest's package may bring a socket.io of its own; its types are then others, the options are the same. */
type NestServer = ReturnType<IoAdapter['createIOServer']>;
type NestOptions = Parameters<IoAdapter['createIOServer']>[1];
type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** Nest's adapter for socket.io, with gateways that span all replicas. Set by `useRealtime` or `useCluster`. */
export class ClusterIoAdapter extends IoAdapter {
  private readonly clusterLogger = new Logger(ClusterIoAdapter.name);

  constructor(
    app: INestApplicationContext,
    private readonly realtime: RealtimeService,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: NestOptions): NestServer {
    const { transports, maxMessageBytes } = this.realtime.options;
    if (transports.includes('polling'))
      this.clusterLogger.warn(
        'Transport "polling" is on: the load balancer must send each client always to the same replica (by cookie or address; deploy/nginx.conf shows how). Without that, clients fail with "Session ID unknown".',
      );
    const settings: Partial<ServerOptions> = {
      transports: [...transports],
      maxHttpBufferSize: maxMessageBytes,
      ...(options as Partial<ServerOptions> | undefined),
      allowRequest: this.allowRequest(options?.allowRequest),
      adapter: this.realtime.servers.adapter,
    };
    const server = this.httpServer && port === 0 ? new Server(this.httpServer, settings) : new Server(port, settings);
    this.realtime.attach(server);
    return server as unknown as NestServer;
  }

  /** A refused request looks like an unreachable server to the client, which therefore tries again, elsewhere. */
  private allowRequest(next: AllowRequest = (_request, done) => done(null, true)): AllowRequest {
    return (request, done) => {
      if (this.realtime.accepting) next(request, done);
      else done('This replica is leaving.', false);
    };
  }
}
