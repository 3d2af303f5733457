import { Module } from '@nestjs/common';
import { BlobModule } from '@rookery/blob';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { Avatars } from './avatars.js';
import { AvatarsController } from './avatars.controller.js';

@Module({
  imports: [BlobModule.forFeature([Avatars]), SubscriptionsModule],
  controllers: [AvatarsController],
})
export class AvatarsModule {}
