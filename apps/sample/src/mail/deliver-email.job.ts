import { JobHandler, type Job, type JobContext } from '@rookery/jobs';
import { createTransport } from 'nodemailer';
import { DataSource, IsNull } from 'typeorm';
import { Email } from './email.entity.js';

const RETRY_MS = Number(process.env.MAIL_RETRY_MS ?? 5_000);

/** Hands one recorded e-mail to the SMTP server. A retry after a crash uses the same Message-ID. */
@JobHandler('mail.deliver', { attempts: 8, backoff: { delayMs: RETRY_MS }, timeoutMs: 30_000 })
export class DeliverEmail implements Job<{ emailId: string }, void> {
  private readonly transport = createTransport(process.env.SMTP_URL ?? 'smtp://localhost:25');

  constructor(private readonly dataSource: DataSource) {}

  async run({ emailId }: { emailId: string }, context: JobContext): Promise<void> {
    const email = await this.dataSource.manager.findOneBy(Email, { id: emailId, deliveredAt: IsNull() });
    if (!email) return;
    context.signal.throwIfAborted();
    await this.transport.sendMail({
      messageId: `<${email.id}@subscriptions.example.org>`,
      from: 'Subscriptions <no-reply@subscriptions.example.org>',
      to: email.recipient,
      subject: email.subject,
      text: `${email.subject}.\n\nThank you for being with us.`,
    });
    await this.dataSource.manager.update(Email, email.id, { deliveredAt: new Date() });
  }
}
