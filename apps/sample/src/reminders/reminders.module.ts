import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { FeedModule } from '../feed/feed.module.js';
import { MailModule } from '../mail/mail.module.js';
import { ReminderRun } from './reminder-run.entity.js';
import { RemindersController } from './reminders.controller.js';
import { RemindersService } from './reminders.service.js';

@Module({
  imports: [FeedModule, MailModule, TypeOrmModule.forFeature([ReminderRun])],
  controllers: [RemindersController],
  providers: [RemindersService],
})
export class RemindersModule {}
