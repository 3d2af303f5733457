import 'reflect-metadata';
import { ConflictException, Controller, Get, HttpCode, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClusterModule, ClusterService, useCluster } from '@rookery/cluster';
import { postgres } from '@rookery/core/postgres';
import { Locked } from '@rookery/lock';
import { ClusteredInterval, type WorkerRun } from '@rookery/workers';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';

// A cluster with nothing but the database that the app has anyway. Start it as often as you like, on other ports.
//   DATABASE_URL=… PORT=3001 node examples/dist/postgres-cluster/main.js

@Entity('example_seats')
class Seat {
  @PrimaryColumn() id: string;
  @Column() bookings: number;
  @Column({ default: 0 }) cleanings: number;
}

@Controller()
class SeatsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cluster: ClusterService,
  ) {}

  /** Looks and then writes: right only because one call at a time is in here, over all replicas. */
  @Post('seats/:id/booking')
  @HttpCode(204)
  @Locked((id: string) => `seat:${id}`)
  async book(@Param('id') id: string): Promise<void> {
    const seats = this.dataSource.getRepository(Seat);
    if (await seats.findOneBy({ id, bookings: 1 })) throw new ConflictException(`Seat ${id} is taken.`);
    await seats.save({ id, bookings: 1 });
  }

  @ClusteredInterval(1_000, { name: 'clean-seats' })
  async clean(run: WorkerRun): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.increment(Seat, { bookings: 1 }, 'cleanings', 1);
      await run.completeIn(manager);
    });
  }

  @Get('seats')
  async seats() {
    const replicas = (await this.cluster.replicas()).length;
    return { replicas, seats: await this.dataSource.manager.find(Seat) };
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, entities: [Seat], synchronize: true }),
    ClusterModule.forRootAsync({
      inject: [DataSource],
      useFactory: (dataSource: DataSource) => ({ backend: postgres({ dataSource }) }),
    }),
  ],
  controllers: [SeatsController],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
useCluster(app);
await app.listen(process.env.PORT ?? 3000);
