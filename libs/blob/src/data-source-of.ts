import type { ModuleRef } from '@nestjs/core';
import type { DataSource } from 'typeorm';

/** The DataSource that the app's TypeOrmModule provides; undefined without one. */
export async function dataSourceOf(app: ModuleRef): Promise<DataSource | undefined> {
  const typeorm = await import('typeorm').catch(() => undefined);
  if (!typeorm) return undefined;
  try {
    return app.get(typeorm.DataSource, { strict: false });
  } catch {
    return undefined;
  }
}
