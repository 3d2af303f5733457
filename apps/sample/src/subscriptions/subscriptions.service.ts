import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { NewSubscription } from './new-subscription.dto.js';
import { Subscription } from './subscription.entity.js';

const DAY_MS = 86_400_000;

@Injectable()
export class SubscriptionsService {
  constructor(@InjectRepository(Subscription) private readonly subscriptions: Repository<Subscription>) {}

  list(limit: number): Promise<Subscription[]> {
    return this.subscriptions.find({ order: { expiresAt: 'ASC', id: 'ASC' }, take: limit });
  }

  count(): Promise<number> {
    return this.subscriptions.count();
  }

  async get(id: string): Promise<Subscription> {
    const subscription = await this.subscriptions.findOneBy({ id });
    if (!subscription) throw new NotFoundException(`There is no subscription ${id}.`);
    return subscription;
  }

  async create(wanted: NewSubscription): Promise<Subscription> {
    const [id] = await this.insert([wanted]);
    if (!id) throw new ConflictException(`${wanted.email} has a ${wanted.plan} subscription already.`);
    return this.get(id);
  }

  /** Adds those that are not there yet, and answers their ids. */
  async insert(wanted: NewSubscription[]): Promise<string[]> {
    if (wanted.length === 0) return [];
    const rows = wanted.map(({ daysLeft, ...rest }) => ({
      ...rest,
      expiresAt: new Date(Date.now() + daysLeft * DAY_MS),
    }));
    const result = await this.subscriptions
      .createQueryBuilder()
      .insert()
      .values(rows)
      .orIgnore()
      .returning('id')
      .execute();
    return (result.raw as { id: string }[]).map(({ id }) => id);
  }
}
