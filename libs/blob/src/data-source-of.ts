import { ModulesContainer, type ModuleRef } from '@nestjs/core';
import type { DataSource } from 'typeorm';

/**
 * The DataSource that the app's TypeOrmModule provides; undefined without one. Known by its name and shape: to import
 * typeorm for its class takes long, and an app without TypeORM need not have it.
 */
export function dataSourceOf(app: ModuleRef): DataSource | undefined {
  for (const { providers } of app.get(ModulesContainer, { strict: false }).values())
    for (const [token, { instance }] of providers)
      if (typeof token === 'function' && token.name === 'DataSource' && isDataSource(instance)) return instance;
  return undefined;
}

function isDataSource(instance: unknown): instance is DataSource {
  return typeof (instance as DataSource | null | undefined)?.createQueryRunner === 'function';
}
