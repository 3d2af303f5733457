import type { PostgresBackend } from '@rookery/core/postgres';
import type { Presence, PresenceDriver } from '../../realtime.driver.js';

// One JSON value, not a row per user: a room of thousands is read in a few milliseconds.
const USERS = `
select coalesce(json_agg(distinct p.user_id), '[]') as users
  from rookery.realtime_presence p join rookery.realtime_replicas l using (namespace, nsp, replica)
 where namespace = $1 and nsp = $2 and p.room = $3 and l.expires_at > clock_timestamp()`;

const RENEW = `
with known as (select from rookery.realtime_replicas where namespace = $1 and nsp = $2 and replica = $3),
renewed as (
  insert into rookery.realtime_replicas values ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')
  on conflict (namespace, nsp, replica) do update set expires_at = excluded.expires_at)
select exists (select from known) as known`;

type Row = { room: string; user_id: string };

/** Presence in PostgreSQL: a row per room, user and replica, and the replicas' times. */
export class PostgresPresenceDriver implements PresenceDriver {
  constructor(private readonly backend: PostgresBackend) {}

  enter(nsp: string, replica: string, presences: readonly Presence[]): Promise<Presence[]> {
    return this.change('realtime_enter', nsp, replica, presences);
  }

  leave(nsp: string, replica: string, presences: readonly Presence[]): Promise<Presence[]> {
    return this.change('realtime_leave', nsp, replica, presences);
  }

  async users(nsp: string, room: string): Promise<string[]> {
    const { rows } = await this.backend.query<{ users: string[] }>(USERS, [this.backend.namespace, nsp, room]);
    return rows[0].users;
  }

  async renew(nsp: string, replica: string, ttlMs: number): Promise<boolean> {
    const parameters = [this.backend.namespace, nsp, replica, ttlMs];
    const { rows } = await this.backend.query<{ known: boolean }>(RENEW, parameters);
    return rows[0].known;
  }

  async sweepReplicas(nsp: string): Promise<Presence[]> {
    const { rows } = await this.backend.query<Row>('select room, user_id from rookery.realtime_sweep($1, $2)', [
      this.backend.namespace,
      nsp,
    ]);
    return rows.map(toPresence);
  }

  private async change(name: string, nsp: string, replica: string, presences: readonly Presence[]) {
    const { rows } = await this.backend.query<Row>(`select room, user_id from rookery.${name}($1, $2, $3, $4, $5)`, [
      this.backend.namespace,
      nsp,
      replica,
      presences.map(({ room }) => room),
      presences.map(({ user }) => user),
    ]);
    return rows.map(toPresence);
  }
}

const toPresence = ({ room, user_id: user }: Row): Presence => ({ room, user });
