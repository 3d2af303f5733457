// One of several processes that want the same key; forked by several-processes.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { oursOnRedis, redisSemaphore, redlockOn } from './contestants.js';
import type { Order, Visit } from './several-processes.js';

const contestants = { ours: oursOnRedis, 'redis-semaphore': redisSemaphore, redlock: redlockOn };
const [, , name, url, namespace] = process.argv as [string, string, keyof typeof contestants, string, string];
const contestant = await contestants[name](url, namespace);
/** Monotonic, and the same for all processes of a machine. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

process.on('message', ({ key, arrivals, startAt }: Order) => {
  const visit = async (arriveAt: number): Promise<Visit> => {
    await sleep(Math.max(0, startAt + arriveAt - now()));
    const arrived = now();
    const release = await contestant.acquire(key);
    const granted = now();
    await sleep(5);
    const left = now();
    await release();
    return { arrived, granted, left };
  };
  void Promise.all(arrivals.map(visit)).then((visits) => process.send!({ visits, commands: contestant.commands() }));
});
process.send!('ready');
