import 'reflect-metadata';
import type { ModuleMetadata } from '@nestjs/common';

/**
 * One app in a process of its own: `node boot-app.js <which> <url>`. Prints how many milliseconds after the start of the
 * process it was listening, and where; then it serves until it is killed.
 */
const [which = 'bare', url = ''] = process.argv.slice(2);
const { Controller, Get, Module } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');

class HelloController {
  hello() {
    return 'hello';
  }
}
Get()(HelloController.prototype, 'hello', Object.getOwnPropertyDescriptor(HelloController.prototype, 'hello')!);
Controller()(HelloController);

class AppModule {
  /** Of an app that is slow to leave. */
  async onModuleDestroy() {
    if (which === 'ours-slow-hooks') await new Promise(() => undefined);
  }
}
const imports = await importsOf(which);
Module({ imports, controllers: [HelloController] })(AppModule);
const app = await NestFactory.create(AppModule, { logger: ['error'] });
if (which.startsWith('ours')) (await import('@rookery/cluster')).useCluster(app);
if (which === 'ours-slow-hooks') app.enableShutdownHooks();
if (which.startsWith('by-hand')) {
  const { IoAdapter } = await import('@nestjs/platform-socket.io');
  app.useWebSocketAdapter(new IoAdapter(app));
}
await app.listen(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ ms: performance.now(), url: await app.getUrl() })}\n`);

async function importsOf(name: string): Promise<NonNullable<ModuleMetadata['imports']>> {
  if (name === 'bare') return [];
  if (name.startsWith('ours')) {
    const { ClusterModule } = await import('@rookery/cluster');
    const all = { lock: {}, cache: {}, blob: {}, jobs: {}, workers: {}, realtime: {} };
    return [ClusterModule.forRoot({ ...(name !== 'ours-alone' && all), doctor: { atBoot: false } })];
  }
  const { byHand } = await import('./by-hand.js');
  return byHand(name, url);
}
