import { Module } from '@nestjs/common';
import { FeedModule } from '../feed/feed.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { RenewalsController } from './renewals.controller.js';
import { RenewalsService } from './renewals.service.js';

@Module({ imports: [FeedModule, PlansModule], controllers: [RenewalsController], providers: [RenewalsService] })
export class RenewalsModule {}
