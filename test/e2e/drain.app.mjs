// A replica whose leaving can be made hard. Written without decorators' syntax, so that plain `node` runs it.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClusterModule, DrainCoordinator, exitOnBootError, useCluster } from '@rookery/cluster';
import { setTimeout as wait } from 'node:timers/promises';

const hard = new Set((process.env.HARD ?? '').split(','));
const budgets = JSON.parse(process.env.BUDGETS ?? '{}');

class AppController {
  hello() {
    return process.env.ROOKERY_REPLICA_ID ?? 'hello';
  }
  async slow() {
    process.stdout.write('slow request came\n');
    await wait(1_000);
    return 'slow but answered';
  }
  stuck() {
    process.stdout.write('stuck request came\n');
    return new Promise(() => undefined);
  }
}
for (const name of ['hello', 'slow', 'stuck']) {
  Get(name === 'hello' ? '/' : name)(
    AppController.prototype,
    name,
    Object.getOwnPropertyDescriptor(AppController.prototype, name),
  );
}
Controller()(AppController);

class AppModule {
  onModuleDestroy() {
    process.stdout.write('user hook runs\n');
    if (hard.has('hook')) return new Promise(() => undefined);
  }
}
Module({ imports: [ClusterModule.forRoot({ drain: budgets })], controllers: [AppController] })(AppModule);

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  useCluster(app);
  if (hard.has('nest')) app.enableShutdownHooks();
  const drain = app.get(DrainCoordinator);
  drain.register('connections', 'last word', async () => void process.stdout.write('last word\n'));
  if (hard.has('work')) drain.register('work', 'never settles', () => new Promise(() => undefined));
  if (hard.has('blocked'))
    drain.register('sockets', 'throws', () => {
      throw new Error('user bug');
    });
  await app.listen(process.env.PORT ?? 0, '127.0.0.1');
}
bootstrap().catch(exitOnBootError);
