import 'reflect-metadata';
import { BadRequestException, Body, Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { redis } from '@rookery/core/redis';
import { JobHandler, JobsModule, JobsService, type Job } from '@rookery/jobs';
import { BaseEntity, Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

// Orders in PostgreSQL, jobs in Redis: a receipt is sent if and only if its order is committed.
//   REDIS_URL=… DATABASE_URL=… node examples/dist/jobs-outbox/main.js

@Entity('example_orders')
class Order extends BaseEntity {
  @PrimaryGeneratedColumn() id: number;
  @Column() item: string;
  @Column({ default: false }) receiptSent: boolean;
}

@JobHandler('receipt.send', { attempts: 5, timeoutMs: 30_000 })
class SendReceipt implements Job<{ orderId: number }> {
  async run({ orderId }: { orderId: number }): Promise<void> {
    await Order.update(orderId, { receiptSent: true }); // here goes the e-mail
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly jobs: JobsService) {}

  @Post()
  order(@Body() { item, stock }: { item: string; stock: number }): Promise<Order> {
    return Order.getRepository().manager.transaction(async (manager) => {
      const order = await manager.save(Order.create({ item }));
      await this.jobs.enqueue(SendReceipt, { orderId: order.id }, { manager });
      if (stock < 1) throw new BadRequestException(`${item} is sold out.`); // takes the order back, and the receipt
      return order;
    });
  }

  @Get()
  list(): Promise<Order[]> {
    return Order.find({ order: { id: 'ASC' } });
  }
}

const { REDIS_URL: url = 'redis://localhost:6379', DATABASE_URL, ROOKERY_NAMESPACE: namespace } = process.env;

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: DATABASE_URL, entities: [Order], synchronize: true }),
    JobsModule.forRoot({ backend: redis({ url, namespace }) }),
  ],
  controllers: [OrdersController],
  providers: [SendReceipt],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
