import type { ModuleMetadata } from '@nestjs/common';

/** What somebody writes who connects the same libraries without Rookery. */
export async function byHand(name: string, url: string): Promise<NonNullable<ModuleMetadata['imports']>> {
  const common = [import('@nestjs/schedule'), import('@nestjs/bullmq'), import('bullmq')] as const;
  if (name === 'by-hand-redis') {
    const [{ ScheduleModule }, { BullModule }] = await Promise.all(common);
    const [{ CacheModule }, { redisStore }, { Redis }] = await Promise.all([
      import('@nestjs/cache-manager'),
      import('cache-manager-redis-yet'),
      import('ioredis'),
      import('redis-semaphore'),
    ]);
    const clients = [new Redis(url), new Redis(url)];
    await Promise.all([redisStore({ url }), ...clients.map((client) => client.ping())]);
    const { hostname: host, port } = new URL(url);
    return [
      ScheduleModule.forRoot(),
      BullModule.forRoot({ connection: { host, port: Number(port) } }),
      BullModule.registerQueue({ name: 'main' }),
      CacheModule.register(),
    ];
  }
  const [{ ScheduleModule }, , { Queue, createPostgresBackend }] = await Promise.all(common);
  const [{ TypeOrmModule }, { CacheModule }, { default: pg }] = await Promise.all([
    import('@nestjs/typeorm'),
    import('@nestjs/cache-manager'),
    import('pg'),
  ]);
  const listener = new pg.Client(url);
  await listener.connect();
  await listener.query('listen something');
  const connection = { connectionString: url, migrate: true } as never;
  await new Queue('main', { connection }, createPostgresBackend as never).waitUntilReady();
  return [ScheduleModule.forRoot(), CacheModule.register(), TypeOrmModule.forRoot({ type: 'postgres', url })];
}
