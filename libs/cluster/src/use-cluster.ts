import type { Server } from 'node:http';
import type { INestApplication, INestApplicationContext } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { Attachment } from './attachment.js';
import { BootError } from './cluster.errors.js';
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
  const attachment = attachmentOf(app);
  const server = app.get(HttpAdapterHost).httpAdapter?.getHttpServer() as Server | undefined;
  if (server) attachment.drain.serve(new HttpTraffic(server));
  if ('useWebSocketAdapter' in app) attachment.useRealtime?.(app as unknown as INestApplication);
  attachment.attach(app, drainOnSignals(app, attachment.drain));
  return app;
}

/** Not by app.get(): where something is missing, that one logs a stack and ends the process. */
function attachmentOf(app: INestApplicationContext): Attachment {
  const modules = [...app.get(ModulesContainer).values()];
  const found = modules.map(({ providers }) => providers.get(Attachment)?.instance as Attachment | undefined);
  const attachment = found.find((instance) => instance !== undefined);
  if (attachment) return attachment;
  throw new BootError(
    'ROOKERY_NO_CLUSTER_MODULE',
    'useCluster(app) was given an app without ClusterModule. Add ClusterModule.forRoot() to the imports of its root module.',
  );
}
