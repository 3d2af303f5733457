import { Injectable, NotFoundException } from '@nestjs/common';
import { JobsService } from '@rookery/jobs';
import { Locked } from '@rookery/lock';
import { DataSource } from 'typeorm';
import { FeedService } from '../feed/feed.service.js';
import { PlansService } from '../plans/plans.service.js';
import { SendReceipt } from '../receipts/send-receipt.job.js';
import { Subscription } from '../subscriptions/subscription.entity.js';

const PERIOD_MS = 30 * 86_400_000;

@Injectable()
export class RenewalsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly plans: PlansService,
    private readonly jobs: JobsService,
    private readonly feed: FeedService,
  ) {}

  /**
   * Reads, changes and writes: only correct because one call at a time is in here over all replicas. The receipt is
   * part of the transaction: it is sent if and only if the renewal is committed.
   */
  @Locked((id: string) => `subscription:${id}`, { waitMs: 30_000 })
  async renew(id: string): Promise<Subscription> {
    return this.dataSource.transaction(async (manager) => {
      const subscription = await manager.findOneBy(Subscription, { id });
      if (!subscription) throw new NotFoundException(`There is no subscription ${id}.`);
      subscription.renewals += 1;
      subscription.expiresAt = new Date(subscription.expiresAt.getTime() + PERIOD_MS);
      const priceCents = await this.plans.priceOf(subscription.plan);
      const receipt = { renewal: subscription.renewals, priceCents, paidUntil: subscription.expiresAt.toISOString() };
      await this.jobs.enqueue(SendReceipt, { subscriptionId: id, ...receipt }, { manager });
      this.feed.publish(manager, 'renewed', `${subscription.customer} renewed ${subscription.plan}`);
      return manager.save(subscription);
    });
  }
}
