import type { INestApplication } from '@nestjs/common';
import { ClusterIoAdapter } from './cluster-io.adapter.js';
import { RealtimeService } from './realtime.service.js';

/**
 * Makes every `@WebSocketGateway` of the app span all replicas. Call it before `app.listen()`; with ClusterModule,
 * `useCluster(app)` does it.
 *
 * @example
 * const app = await NestFactory.create(AppModule);
 * useRealtime(app);
 * await app.listen(3000);
 */
export function useRealtime(app: INestApplication): void {
  app.useWebSocketAdapter(new ClusterIoAdapter(app, app.get(RealtimeService, { strict: false })));
}
