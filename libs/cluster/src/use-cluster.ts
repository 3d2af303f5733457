import type { Server } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Attachment } from './attachment.js';
import { BootError } from './cluster.errors.js';
import { DrainCoordinator } from './drain/drain-coordinator.js';
import { HttpTraffic } from './drain/http-traffic.js';
import { drainOnSignals } from './drain/signals.js';

/**
 * Makes a created app a replica: SIGTERM and SIGINT drain it in phases, keep-alive clients are asked to go elsewhere
 * meanwhile, and gateways get the clustered socket adapter. Call it before `listen()`. Nest's own
 * `enableShutdownHooks()` is not needed beside it.
 *
 * @returns the app, to go on with
 * @throws BootError when ClusterModule is not imported
 * @example
 * const app = await NestFactory.create(AppModule);
 * useCluster(app);
 * await app.listen(3000);
 */
export function useCluster<App extends INestApplicationContext>(app: App): App {
  const drain = found(app, DrainCoordinator);
  const server = app.get(HttpAdapterHost, { strict: false })?.httpAdapter?.getHttpServer() as Server | undefined;
  if (server) drain.serve(new HttpTraffic(server));
  found(app, Attachment).attach(app, drainOnSignals(app, drain));
  return app;
}

function found<T>(app: INestApplicationContext, type: new (...args: never[]) => T): T {
  try {
    return app.get<T>(type, { strict: false });
  } catch (error) {
    throw new BootError(
      'ROOKERY_NO_CLUSTER_MODULE',
      'useCluster(app) was given an app without ClusterModule. Add ClusterModule.forRoot() to the imports of its root module.',
      error,
    );
  }
}
