import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { BullModule, InjectQueue } from '@nestjs/bullmq';
import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import type { Queue } from 'bullmq';
import type { RequestHandler } from 'express';

const PATH = '/queues';

/** bull-board over the queues of the app's jobs, on JobsModule's own connection. Only where nobody else can see it. */
@Module({ imports: [BullModule.registerQueue({ name: 'receipt.send' }, { name: 'mail.deliver' })] })
export class QueuesModule implements NestModule {
  constructor(
    @InjectQueue('receipt.send') private readonly receipts: Queue,
    @InjectQueue('mail.deliver') private readonly mails: Queue,
  ) {}

  configure(consumer: MiddlewareConsumer): void {
    if (process.env.NODE_ENV !== 'development') return;
    const serverAdapter = new ExpressAdapter().setBasePath(PATH);
    createBullBoard({ queues: [this.receipts, this.mails].map((queue) => new BullMQAdapter(queue)), serverAdapter });
    consumer.apply(serverAdapter.getRouter() as RequestHandler).forRoutes(PATH);
  }
}
