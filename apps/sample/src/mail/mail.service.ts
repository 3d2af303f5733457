import { Injectable } from '@nestjs/common';
import { ClusterService } from '@rookery/cluster';
import { JobsService } from '@rookery/jobs';
import type { EntityManager } from 'typeorm';
import { DeliverEmail } from './deliver-email.job.js';
import { Email } from './email.entity.js';

export type NewEmail = Pick<Email, 'subscriptionId' | 'kind' | 'recipient' | 'subject'>;

/** Sends e-mails as part of the caller's transaction: recorded in a table, delivered by a job once it has committed. */
@Injectable()
export class MailService {
  constructor(
    private readonly cluster: ClusterService,
    private readonly jobs: JobsService,
  ) {}

  async send(manager: EntityManager, mails: NewEmail[]): Promise<void> {
    if (mails.length === 0) return;
    const replica = this.cluster.self.id;
    const { identifiers } = await manager.insert(
      Email,
      mails.map((mail) => ({ ...mail, replica })),
    );
    if (!process.env.SMTP_URL) return;
    await this.jobs.enqueueMany(
      DeliverEmail,
      identifiers.map(({ id }) => ({ emailId: String(id) })),
      { manager },
    );
  }
}
