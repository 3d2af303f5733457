import { Injectable, NotFoundException } from '@nestjs/common';
import { ClusterCache } from '@rookery/cache';
import { DataSource } from 'typeorm';
import { Plan } from './plan.entity.js';

@Injectable()
export class PlansService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cache: ClusterCache,
  ) {}

  /** Read on every page, changed once a quarter: from the memory of this replica nearly always. */
  list(): Promise<Plan[]> {
    return this.cache.getOrSet('plans', () => this.dataSource.manager.find(Plan, { order: { priceCents: 'ASC' } }), {
      ttlMs: 10 * 60_000,
      graceMs: 60 * 60_000,
    });
  }

  async priceOf(name: string): Promise<number> {
    const plan = (await this.list()).find((each) => each.name === name);
    if (!plan) throw new NotFoundException(`There is no plan "${name}".`);
    return plan.priceCents;
  }

  /** The other replicas drop their copy once the new price is committed, and not when it is rolled back. */
  async setPrice(name: string, priceCents: number): Promise<Plan> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.update(Plan, name, { priceCents });
      if (!affected) throw new NotFoundException(`There is no plan "${name}".`);
      this.cache.afterCommit(manager).delete('plans');
      return { name, priceCents };
    });
  }
}
