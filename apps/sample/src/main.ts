import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { useCluster } from '@rookery/cluster';
import { AppModule } from './app.module.js';
import { configureHttp } from './http/configure-http.js';

const app = await NestFactory.create<NestExpressApplication>(AppModule);
useCluster(app);
configureHttp(app);
await app.listen(process.env.PORT ?? 3000);
