import 'reflect-metadata';
import { Controller, Get, Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { redis } from '@rookery/core/redis';
import { ClusteredCron, WorkersModule, WorkersService, type WorkerRun } from '@rookery/workers';

// Start it twice, on two ports: each report is made by one of the two.
//   REDIS_URL=redis://localhost:6379 PORT=3001 node examples/dist/cron-only/main.js

@Injectable()
class Reports {
  private readonly logger = new Logger(Reports.name);

  @ClusteredCron(process.env.REPORT_CRON ?? '*/5 * * * * *', { name: 'report', timeZone: 'UTC' })
  async make(run: WorkerRun): Promise<void> {
    this.logger.log(`report for ${run.scheduledAt.toISOString()}`);
  }
}

@Controller('reports')
class ReportsController {
  constructor(private readonly workers: WorkersService) {}

  /** What ran, wherever it ran. */
  @Get()
  async history() {
    const runs = await this.workers.history('report');
    return runs.map(({ slot, status }) => ({ scheduledAt: new Date(slot), status }));
  }
}

const { REDIS_URL: url = 'redis://localhost:6379', ROOKERY_NAMESPACE: namespace } = process.env;

@Module({
  imports: [WorkersModule.forRoot({ backend: redis({ url, namespace }) })],
  controllers: [ReportsController],
  providers: [Reports],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
