import { Logger, makeWorkerUtils, run, type Runner } from 'graphile-worker';
import PgBoss from 'pg-boss';
import type { Contestant, Payload } from './contestants.js';

/** The work that a contestant on pause has in hand. */
type Stop = () => Promise<void>;

/** graphile-worker: its own LISTEN, so many jobs at once. */
export async function graphile(url: string, namespace: string, concurrency: number): Promise<Contestant> {
  const contestant = { onJob: () => undefined } as unknown as Contestant;
  const settings = {
    connectionString: url,
    schema: `graphile_${namespace}`,
    maxPoolSize: 10,
    logger: new Logger(() => () => undefined),
  };
  const utils = await makeWorkerUtils(settings);
  await utils.migrate();
  const taskList = { job: async (payload: unknown) => contestant.onJob(payload as Payload) };
  const working = onAndOff(async () => {
    const runner: Runner = await run({ ...settings, concurrency, taskList, noHandleSignals: true });
    return () => runner.stop();
  });
  await working.resume();
  return Object.assign(contestant, working, {
    enqueue: (payload: Payload) => utils.addJob('job', payload, { maxAttempts: 12 }),
    enqueueMany: (payloads: Payload[]) =>
      utils.addJobs(payloads.map((payload) => ({ identifier: 'job', payload, maxAttempts: 12 }))),
    close: async () => {
      await working.pause();
      await utils.release();
    },
  });
}

/** pg-boss, by its fetch() and complete() as fast as they go: its own work() asks twice a second at most. */
export async function pgBoss(url: string, namespace: string, concurrency: number): Promise<Contestant> {
  const contestant = { onJob: () => undefined } as unknown as Contestant;
  const boss = new PgBoss({ connectionString: url, schema: `boss_${namespace}` });
  boss.on('error', () => undefined);
  await boss.start();
  await boss.createQueue('job');
  const working = onAndOff(async () => {
    let goesOn = true;
    const loop = (async () => {
      while (goesOn) {
        const jobs = await boss.fetch<Payload>('job', { batchSize: concurrency });
        for (const { data } of jobs) contestant.onJob(data);
        if (jobs.length > 0)
          await boss.complete(
            'job',
            jobs.map(({ id }) => id),
          );
        else await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    return async () => {
      goesOn = false;
      await loop;
    };
  });
  await working.resume();
  return Object.assign(contestant, working, {
    enqueue: (payload: Payload) => boss.send('job', payload, { retryLimit: 11 }),
    enqueueMany: (payloads: Payload[]) => boss.insert(payloads.map((data) => ({ name: 'job', data, retryLimit: 11 }))),
    close: async () => {
      await working.pause();
      await boss.stop({ graceful: false });
    },
  });
}

function onAndOff(start: () => Promise<Stop>) {
  let stop: Stop | undefined;
  return {
    resume: async () => void (stop ??= await start()),
    pause: async () => {
      await stop?.();
      stop = undefined;
    },
  };
}
