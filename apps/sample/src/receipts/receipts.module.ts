import { Module } from '@nestjs/common';
import { BlobModule } from '@rookery/blob';
import { MailModule } from '../mail/mail.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { Invoices } from './invoices.js';
import { InvoicesController } from './invoices.controller.js';
import { SendReceipt } from './send-receipt.job.js';

@Module({
  imports: [BlobModule.forFeature([Invoices]), MailModule, SubscriptionsModule],
  controllers: [InvoicesController],
  providers: [SendReceipt],
})
export class ReceiptsModule {}
