import type { PostgresBackend } from '@rookery/core/postgres';
import { CLUSTER_MIGRATIONS } from '../../cluster.schema.js';
import type { RegistryDriver, RegistryView } from '../../registry.driver.js';
import type { Replica } from '../../registry/replica.js';

interface Reply {
  milliseconds: string;
  replicas: Replica[];
}

const LIST = `
select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as milliseconds,
       coalesce((select jsonb_agg(record) from rookery.replicas
                  where namespace = $1 and ends_at > clock_timestamp()), '[]') as replicas`;

/** The reading part does not see what the writing parts of its own statement do, hence the union. */
const BEAT = `
with mine as (
  insert into rookery.replicas (namespace, id, record, ends_at)
  values ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')
  on conflict (namespace, id) do update set record = excluded.record, ends_at = excluded.ends_at
  returning record
), gone as (
  delete from rookery.replicas where namespace = $1 and id <> $2 and ends_at <= clock_timestamp()
), living as (
  select record from mine
  union all
  select record from rookery.replicas where namespace = $1 and id <> $2 and ends_at > clock_timestamp()
)
select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as milliseconds,
       (select jsonb_agg(record) from living) as replicas`;

/** Replicas as rows with an end. */
export class PostgresRegistryDriver implements RegistryDriver {
  constructor(private readonly backend: PostgresBackend) {}

  async open(): Promise<void> {
    await this.backend.open();
    await this.backend.migrate('cluster', CLUSTER_MIGRATIONS);
  }

  close(): Promise<void> {
    return this.backend.close();
  }

  beat(replica: Replica, goneAfterMs: number): Promise<RegistryView> {
    return this.view(BEAT, [this.backend.namespace, replica.id, JSON.stringify(replica), goneAfterMs]);
  }

  list(): Promise<RegistryView> {
    return this.view(LIST, [this.backend.namespace]);
  }

  async leave(id: string): Promise<void> {
    await this.backend.query('delete from rookery.replicas where namespace = $1 and id = $2', [
      this.backend.namespace,
      id,
    ]);
  }

  private async view(sql: string, parameters: unknown[]): Promise<RegistryView> {
    const [{ milliseconds, replicas }] = (await this.backend.query<Reply>(sql, parameters)).rows;
    return { storeTime: Number(milliseconds), replicas };
  }
}
