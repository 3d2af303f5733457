// An app for the rookery command: a raw @Cron in it is a fault. Run as it is, it listens on PORT.
import 'reflect-metadata';
import { pathToFileURL } from 'node:url';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Cron, ScheduleModule } from '@nestjs/schedule';
import { bearerToken, ClusterModule, exitOnBootError, useCluster } from '@rookery/cluster';

class Reminders {
  send() {
    process.stdout.write('the cron ran\n');
  }
}
Cron('* * * * * *')(Reminders.prototype, 'send', Object.getOwnPropertyDescriptor(Reminders.prototype, 'send'));

const cluster = ClusterModule.forRoot({
  doctor: { access: bearerToken('open sesame') },
});
export class AppModule {}
Module({ imports: [ScheduleModule.forRoot(), cluster], providers: [Reminders] })(AppModule);

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  useCluster(app);
  await app.listen(process.env.PORT, '127.0.0.1');
}
if (import.meta.url === pathToFileURL(process.argv[1]).href) bootstrap().catch(exitOnBootError);
