import { Module } from '@nestjs/common';
import { FeedController } from './feed.controller.js';
import { FeedGateway } from './feed.gateway.js';
import { FeedService } from './feed.service.js';

@Module({ controllers: [FeedController], providers: [FeedGateway, FeedService], exports: [FeedService] })
export class FeedModule {}
