import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The e-mails and the runs have no unique constraint on purpose: a duplicate must be visible, not prevented here. */
export class InitialSchema1 implements MigrationInterface {
  readonly name = 'InitialSchema1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table subscriptions (
        id uuid primary key default gen_random_uuid(),
        customer text not null,
        email text not null,
        plan text not null,
        renewals int not null default 0,
        expires_at timestamptz not null,
        reminded_for timestamptz,
        created_at timestamptz not null default now(),
        unique (email, plan))`);
    await runner.query(`
      create table emails (
        id bigint generated always as identity primary key,
        subscription_id uuid not null,
        kind text not null,
        recipient text not null,
        subject text not null,
        replica text not null,
        sent_at timestamptz not null default now(),
        delivered_at timestamptz)`);
    await runner.query('create table plans (name text primary key, price_cents int not null)');
    await runner.query(`insert into plans values ('basic', 900), ('plus', 1900), ('pro', 4900)`);
    await runner.query(`
      create table reminder_runs (
        id bigint generated always as identity primary key,
        slot timestamptz not null,
        attempt int not null,
        replica text not null,
        reminders int not null,
        finished_at timestamptz not null default now())`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table subscriptions, emails, plans, reminder_runs');
  }
}
