import { NestFactory } from '@nestjs/core';
import { MigrationsMissingError, postgres } from '@rookery/core/postgres';
import { JobsModule, JobsService } from '@rookery/jobs';
import { jobOf } from '@rookery/jobs/testing';
import { expect, it } from 'vitest';
import { freshPostgresUrl } from '../services.js';

async function app(url: string, migrate: boolean) {
  class AppModule {}
  const Sum = jobOf((n: number) => n + 1);
  const backend = postgres({ url, migrate, poolSize: 4 });
  const context = await NestFactory.createApplicationContext(
    { module: AppModule, imports: [await JobsModule.forRoot({ backend })], providers: [Sum] },
    { logger: false, abortOnError: false },
  );
  return { context, jobs: context.get(JobsService), Sum };
}

it('with migrate: false the boot stops while the tables of jobs are missing, and goes well when they are there', async () => {
  const url = await freshPostgresUrl();
  const core = postgres({ url });
  await core.open();
  await core.close();
  const refused = app(url, false);
  await expect(refused).rejects.toThrow(MigrationsMissingError);
  await expect(refused).rejects.toThrow(/"jobs" is at version 0.*npx rookery migrate/);
  await (await app(url, true)).context.close();
  const { context, jobs, Sum } = await app(url, false);
  expect(await (await jobs.enqueue(Sum, 1)).waitUntilDone()).toBe(2);
  await context.close();
});
