import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DeliverEmail } from './deliver-email.job.js';
import { Email } from './email.entity.js';
import { EmailsController } from './emails.controller.js';
import { MailService } from './mail.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Email])],
  controllers: [EmailsController],
  providers: [MailService, DeliverEmail],
  exports: [MailService],
})
export class MailModule {}
