import type { Check } from '../check.js';
import { busDelivers, isPooled } from '../store-facts.js';

export const transactionPooling: Check = {
  id: 'RK015',
  severity: 'error',
  why: 'LISTEN belongs to one server connection, and the pooler hands a different one out with every transaction: invalidations, wake-ups and messages never arrive.',
  cure: 'Keep the pooler for the statements and give the bus a direct way: postgres({ url, listenUrl: "postgres://…@the-server-itself:5432/db" }). Or use session pooling.',
  async find({ postgres, backend }) {
    if (!postgres || !(await isPooled(postgres)) || (await busDelivers(backend))) return [];
    return [
      `${postgres.address} leads through a pooler that does not keep sessions (PgBouncer in transaction mode), and so does the bus`,
    ];
  },
};
