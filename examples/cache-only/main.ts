import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Delete, Get, HttpCode, Injectable, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CacheEvict, Cached, ClusterCacheModule } from '@rookery/cache';
import { redis } from '@rookery/core/redis';

// Start it twice, on two ports: both answer the same rate, and a DELETE on one of them changes it on both.
//   REDIS_URL=redis://localhost:6379 PORT=3001 node examples/dist/cache-only/main.js

interface Rate {
  currency: string;
  rate: number;
  askedBy: number;
}

@Injectable()
class Rates {
  /** Stands for a slow service far away; asked once in the whole cluster, however many want to know. */
  @Cached((currency: string) => `rate:${currency}`, { ttlMs: 60_000 })
  async of(currency: string): Promise<Rate> {
    await sleep(200);
    return { currency, rate: Math.random(), askedBy: process.pid };
  }

  /** Forgets it on every replica. */
  @CacheEvict({ keys: (currency: string) => [`rate:${currency}`] })
  async forget(currency: string): Promise<void> {
    void currency;
  }
}

@Controller('rates')
class RatesController {
  constructor(private readonly rates: Rates) {}

  @Get(':currency')
  of(@Param('currency') currency: string): Promise<Rate> {
    return this.rates.of(currency);
  }

  @Delete(':currency')
  @HttpCode(204)
  forget(@Param('currency') currency: string): Promise<void> {
    return this.rates.forget(currency);
  }
}

const { REDIS_URL: url = 'redis://localhost:6379', ROOKERY_NAMESPACE: namespace } = process.env;

@Module({
  imports: [ClusterCacheModule.forRoot({ backend: redis({ url, namespace }) })],
  controllers: [RatesController],
  providers: [Rates],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
