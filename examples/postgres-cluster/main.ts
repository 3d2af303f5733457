import 'reflect-metadata';
import { ConflictException, Controller, Get, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClusterModule, ClusterService, useCluster } from '@rookery/cluster';
import { postgres } from '@rookery/core/postgres';
import { Locked } from '@rookery/lock';
import { ClusteredInterval, type WorkerRun } from '@rookery/workers';
import { BaseEntity, Column, DataSource, Entity, PrimaryColumn } from 'typeorm';

// A cluster with nothing but the database that the app has anyway. Start it as often as you like, on other ports.
//   DATABASE_URL=… PORT=3001 node examples/dist/postgres-cluster/main.js

@Entity('example_seats')
class Seat extends BaseEntity {
  @PrimaryColumn() id: string;
  @Column({ default: 0 }) cleanings: number;
}

@Controller()
class SeatsController {
  constructor(private readonly cluster: ClusterService) {}

  /** Looks and then writes: right only because one call at a time is in here, over all replicas. */
  @Post('seats/:id/booking')
  @Locked((id: string) => `seat:${id}`)
  async book(@Param('id') id: string): Promise<void> {
    if (await Seat.existsBy({ id })) throw new ConflictException(`Seat ${id} is taken.`);
    await Seat.create({ id }).save();
  }

  @ClusteredInterval(1_000, { name: 'clean-seats' })
  async clean(run: WorkerRun): Promise<void> {
    await Seat.getRepository().manager.transaction(async (manager) => {
      await manager.query('update example_seats set cleanings = cleanings + 1');
      await run.completeIn(manager);
    });
  }

  @Get('seats')
  async seats() {
    return { replicas: (await this.cluster.replicas()).length, seats: await Seat.find() };
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
