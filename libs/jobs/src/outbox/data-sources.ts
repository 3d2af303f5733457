import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { DataSource } from 'typeorm';

/** The app's PostgreSQL DataSources of TypeORM, as TypeOrmModule or the app itself provide them. */
@Injectable()
export class AppDataSources {
  constructor(private readonly discovery: DiscoveryService) {}

  all(): object[] {
    // Known by its shape, so that an app without TypeORM needs none.
    const found = this.discovery.getProviders().map(({ instance }) => instance as DataSource | undefined);
    return [...new Set(found.filter((one) => isPostgres(one)))];
  }
}

function isPostgres(instance: DataSource | undefined): instance is DataSource {
  return (
    typeof instance === 'object' &&
    instance?.options?.type === 'postgres' &&
    typeof instance.createQueryRunner === 'function'
  );
}
