import { JobHandler, type Job } from '@rookery/jobs';
import { DataSource } from 'typeorm';
import { Email } from '../mail/email.entity.js';
import { MailService } from '../mail/mail.service.js';
import { Subscription } from '../subscriptions/subscription.entity.js';
import { invoiceDocument } from './invoice-document.js';
import { Invoices } from './invoices.js';

export interface Receipt {
  subscriptionId: string;
  /** The how manieth renewal this is the receipt for. */
  renewal: number;
  priceCents: number;
  paidUntil: string;
}

/** Makes the invoice and sends the receipt of one renewal. */
@JobHandler('receipt.send', { attempts: 8, backoff: { delayMs: 2_000 }, timeoutMs: 60_000, concurrency: 5 })
export class SendReceipt implements Job<Receipt, { invoice: string }> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly invoices: Invoices,
    private readonly mail: MailService,
  ) {}

  async run({ subscriptionId, renewal, priceCents, paidUntil }: Receipt): Promise<{ invoice: string }> {
    const { customer, plan, email } = await this.dataSource.manager.findOneByOrFail(Subscription, {
      id: subscriptionId,
    });
    const number = String(renewal).padStart(4, '0');
    const invoice = `${subscriptionId}/${number}.pdf`;
    const document = invoiceDocument({ number, customer, plan, priceCents, paidUntil: new Date(paidUntil) });
    await this.invoices.put(invoice, document, { contentType: 'application/pdf', overwrite: true });
    // A retry after a crash finds the receipt recorded and sends no second one.
    const subject = `Receipt ${number} for your ${plan} plan`;
    await this.dataSource.transaction(async (manager) => {
      if (await manager.existsBy(Email, { subscriptionId, kind: 'receipt', subject })) return;
      await this.mail.send(manager, [{ subscriptionId, kind: 'receipt', recipient: email, subject }]);
    });
    return { invoice };
  }
}
