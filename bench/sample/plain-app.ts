import 'reflect-metadata';
import { CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, Module, UseInterceptors, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** The sample's price list as an app of one process would have it: Nest's own cache, nothing of ours. */
@Controller('plans')
@UseInterceptors(CacheInterceptor)
class PlansController {
  @Get()
  list() {
    return ['basic', 'plus', 'pro'].map((name, index) => ({ name, priceCents: 900 * (index + 1) }));
  }
}

@Module({ imports: [CacheModule.register({ ttl: 600_000 })], controllers: [PlansController] })
class PlainModule {}

const app = await NestFactory.create(PlainModule, { logger: ['error'] });
app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
await app.listen(process.env.PORT!, '127.0.0.1');
