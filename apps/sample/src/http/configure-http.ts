import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { ClusterService } from '@rookery/cluster';
import type { Express, NextFunction, Request, Response } from 'express';
import { InputPipe } from './input.pipe.js';
import { ProblemFilter } from './problem.filter.js';

const REALTIME_CLIENT = dirname(fileURLToPath(import.meta.resolve('@rookery/realtime/client')));
const PUBLIC = join(import.meta.dirname, '../../public');

/** What HTTP looks like in this app: bounded bodies, validated input, problems as JSON, the page, OpenAPI at /api. */
export function configureHttp(app: NestExpressApplication): void {
  const { id } = app.get(ClusterService).self;
  app.use((_: Request, response: Response, next: NextFunction) => {
    response.setHeader('X-Replica', id);
    next();
  });
  app.useBodyParser('text', { type: 'text/csv', limit: '2mb' });
  app.useGlobalPipes(new InputPipe());
  app.useGlobalFilters(new ProblemFilter());
  // Under a prefix of its own: in front of the routes, each request would first be looked for on the disk.
  app.useStaticAssets(PUBLIC, { prefix: '/page' });
  const express = app.getHttpAdapter().getInstance() as Express;
  express.get('/', (_, response) => response.sendFile(join(PUBLIC, 'index.html')));
  app.useStaticAssets(REALTIME_CLIENT, { prefix: '/vendor/realtime-client' });
  const description = new DocumentBuilder().setTitle('Subscriptions').setVersion('1').build();
  SwaggerModule.setup('api', app, () => SwaggerModule.createDocument(app, description));
}
