import { setImmediate as nextTurn } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';
import { sleep } from '../../deadline.js';
import type { RedisClient } from './redis.backend.js';

const LOOK_EVERY_MS = 3_000;
const ANSWER_WITHIN_MS = 2_000;

/**
 * Replaces a connection that died without a word, as when a firewall or a machine loses its state: it looks like a quiet
 * one, and TCP needs a quarter of an hour to tell them apart. Ends with the client.
 */
export function watchLink(client: RedisClient): void {
  const timer = setInterval(() => {
    for (const link of linksOf(client)) void replaceIfDead(link);
  }, LOOK_EVERY_MS).unref();
  client.once('end', () => clearInterval(timer));
}

/** Of a Redis Cluster, a link to each node. */
function linksOf(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes('all') : [client];
}

async function replaceIfDead(link: Redis): Promise<void> {
  const { status } = link;
  // Either it must answer, or its first exchange with the server must come to an end.
  if (status !== 'ready' && status !== 'connect') return;
  let answered = false;
  const answer = () => void (answered = true);
  if (status === 'ready') link.ping().then(answer, answer);
  await sleep(ANSWER_WITHIN_MS);
  // After a pause of this process its timers run before it reads what came in meanwhile.
  await nextTurn();
  if (!answered && link.status === status) link.disconnect(true);
}
