import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Locked } from '@rookery/lock';
import { DataSource } from 'typeorm';
import { InitialSchema1 } from './initial-schema.migration.js';

/** The app's own tables. Replicas that boot together bring them up to date in turn. */
@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL ?? 'postgres://postgres:postgres@localhost:5432/postgres',
      autoLoadEntities: true,
      migrations: [InitialSchema1],
      retryAttempts: 3,
      retryDelay: 1_000,
    }),
  ],
})
export class DatabaseModule implements OnModuleInit {
  constructor(private readonly dataSource: DataSource) {}

  @Locked('schema', { waitMs: 60_000 })
  async onModuleInit(): Promise<void> {
    await this.dataSource.runMigrations();
  }
}
