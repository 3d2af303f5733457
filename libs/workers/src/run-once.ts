import { randomUUID } from 'node:crypto';
import { sleep, withDeadline } from '@rookery/core';
import { ActiveRun } from './scheduler/active-run.js';
import { Presence } from './scheduler/presence.js';
import { BYSTANDER } from './scheduler/scheduler.js';
import { StoreClock } from './scheduler/store-clock.js';
import type { RunRecord, TaskDefinition } from './workers.driver.js';
import type { WorkersContext } from './workers.context.js';
import { checkedPolicy } from './workers.options.js';

const POLL_MS = 250;

/** See `WorkersService.runOnce`. Lives at the store under an id of its own, so that it also works before the scheduler. */
export async function runOnce(
  { driver, settings, replica, application }: WorkersContext,
  name: string,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<boolean> {
  const id = `${BYSTANDER}${replica}:${randomUUID()}`;
  const presence = new Presence(driver, id, settings.leaseMs, new StoreClock(), () => undefined);
  const definition: TaskDefinition = { name: `once:${name}`, kind: 'once', schedule: '{}', source: 'dynamic' };
  await presence.start();
  try {
    await withDeadline('Registering', driver.register([{ ...definition, notBefore: 0 }]));
    for (;;) {
      const run = await claim();
      if (run === 'done') return false;
      if (run) return await execute(run);
      await sleep(POLL_MS);
    }
  } finally {
    await presence.stop();
  }

  async function claim(): Promise<RunRecord | 'done' | null> {
    const [known] = await withDeadline('Reading', driver.load([definition.name]));
    if (known.lastRun?.status === 'succeeded') return 'done';
    const slot = Math.max(Math.floor(known.readAt), known.cursor + 1);
    const asked = { name: definition.name, runId: randomUUID(), slot, cursor: known.cursor };
    const claims = [{ ...asked, missed: 0, maxAttempts: 1, exclusive: true }];
    return known.active > 0 ? null : (await withDeadline('Claiming', driver.claim(id, claims)))[0].run;
  }

  async function execute(record: RunRecord): Promise<true> {
    let failure: { error: unknown } | undefined;
    const policy = checkedPolicy(name, {});
    const watched = () => work(run.signal).catch((error: unknown) => void (failure = { error }));
    const code = { definition, policy, label: name, execute: watched };
    const run: ActiveRun = new ActiveRun(record, code, presence, application);
    const outcome = await run.ended;
    const status = failure ? 'failed' : outcome.status;
    await withDeadline('Recording', driver.finish(id, [{ ...outcome, status }]));
    if (failure) throw failure.error;
    run.signal.throwIfAborted();
    return true;
  }
}
