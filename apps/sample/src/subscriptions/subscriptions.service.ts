import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type EntityManager } from 'typeorm';
import type { NewSubscription } from './new-subscription.dto.js';
import { Subscription } from './subscription.entity.js';

const DAY_MS = 86_400_000;
/** PostgreSQL takes 65,535 parameters in a statement. */
const ROWS_AT_ONCE = 5_000;

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

  /** Adds those that are not there yet, all or none, and answers their ids. */
  async insert(wanted: NewSubscription[]): Promise<string[]> {
    return this.subscriptions.manager.transaction(async (manager) => {
      const ids: string[] = [];
      for (let from = 0; from < wanted.length; from += ROWS_AT_ONCE)
        ids.push(...(await this.insertSome(manager, wanted.slice(from, from + ROWS_AT_ONCE))));
      return ids;
    });
  }

  private async insertSome(manager: EntityManager, wanted: NewSubscription[]): Promise<string[]> {
    const rows = wanted.map(({ daysLeft, ...rest }) => ({
      ...rest,
      expiresAt: new Date(Date.now() + daysLeft * DAY_MS),
    }));
    const insert = manager.createQueryBuilder(Subscription, 'subscription').insert().values(rows);
    const { raw } = await insert.orIgnore().returning('id').execute();
    return (raw as { id: string }[]).map(({ id }) => id);
  }
}
