import { Injectable } from '@nestjs/common';
import { ClusterService } from '@rookery/cluster';
import { assertFence } from '@rookery/lock';
import { ClusteredCron, type WorkerRun } from '@rookery/workers';
import { DataSource, type EntityManager } from 'typeorm';
import { FeedService } from '../feed/feed.service.js';
import { MailService, type NewEmail } from '../mail/mail.service.js';
import { Subscription } from '../subscriptions/subscription.entity.js';
import { ReminderRun } from './reminder-run.entity.js';

/** Every morning; every second in the demo, so that there is something to see. */
const SCHEDULE = process.env.REMINDER_CRON ?? (process.env.NODE_ENV === 'development' ? '* * * * * *' : '0 8 * * *');
const WITHIN_DAYS = 7;
const BATCH = 25;
const BATCHES_PER_RUN = 4;

@Injectable()
export class RemindersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cluster: ClusterService,
    private readonly mail: MailService,
    private readonly feed: FeedService,
  ) {}

  @ClusteredCron(SCHEDULE, { name: 'renewal-reminders', onCrash: 'rerun', overlap: 'queue' })
  async sendReminders(run: WorkerRun): Promise<void> {
    let sent = 0;
    for (let batch = 0; batch < BATCHES_PER_RUN && !run.signal.aborted; batch++) {
      const count = await this.fenced(run, (manager) => this.sendBatch(manager));
      sent += count;
      if (count < BATCH) break;
    }
    await this.fenced(run, (manager) =>
      manager.insert(ReminderRun, {
        slot: run.scheduledAt,
        attempt: run.attempt,
        replica: this.cluster.self.id,
        reminders: sent,
      }),
    );
  }

  /** A replica that was paused and woke up after its run went to another one writes nothing. */
  private fenced<T>(run: WorkerRun, write: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      await assertFence(manager, 'renewal-reminders', run.fencingToken);
      return write(manager);
    });
  }

  private async sendBatch(manager: EntityManager): Promise<number> {
    const due = await manager
      .createQueryBuilder(Subscription, 's')
      .where('s.expiresAt < now() + make_interval(days => :days)', { days: WITHIN_DAYS })
      .andWhere('s.remindedFor is distinct from s.expiresAt')
      .orderBy('s.expiresAt')
      .take(BATCH)
      .getMany();
    await this.mail.send(manager, due.map(reminderFor));
    for (const subscription of due)
      await manager.update(Subscription, subscription.id, { remindedFor: subscription.expiresAt });
    if (due.length > 0) this.feed.publish(manager, 'reminded', `${due.length} reminders sent`);
    return due.length;
  }
}

function reminderFor({ id, email, plan, expiresAt }: Subscription): NewEmail {
  const subject = `Your ${plan} plan ends on ${expiresAt.toISOString().slice(0, 10)}`;
  return { subscriptionId: id, kind: 'reminder', recipient: email, subject };
}
