import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GROUNDS, sleep, startSample, type Sample } from './sample.js';

interface Emails {
  total: number;
  duplicates: number;
  emails: { recipient: string; replica: string }[];
}
interface Run {
  slot: string;
  attempt: number;
  replica: string;
  reminders: number;
}

describe.each(GROUNDS)('the reminder cron, every second on three replicas on %s', (backend) => {
  let sample: Sample;
  beforeAll(async () => void (sample = await startSample(backend, { env: { REMINDER_CRON: '* * * * * *' } })));
  afterAll(() => sample?.cluster.stop());

  it('sends exactly one e-mail each and runs each slot once, though a replica is killed and another paused', async () => {
    const { cluster } = sample;
    expect(await sample.importSubscriptions()).toMatchObject({ imported: 1_000, errors: [] });
    await sleep(3_000);
    await cluster.kill(0);
    await sleep(2_000);
    await cluster.pause(1);
    await sleep(5_000);
    await cluster.resume(1);
    await cluster.start(0);
    await sleep(6_000);

    await vi.waitFor(async () => expect((await sample.get<Emails>('/emails?limit=0')).total).toBe(1_000), {
      timeout: 60_000,
      interval: 500,
    });
    await sleep(3_000);
    const { total, duplicates, emails } = await sample.get<Emails>('/emails?limit=5000');
    expect({ total, duplicates, recipients: new Set(emails.map(({ recipient }) => recipient)).size }).toMatchObject({
      total: 1_000,
      duplicates: 0,
    });

    const runs = await sample.get<Run[]>('/reminders/runs');
    const slots = runs.map(({ slot }) => Date.parse(slot)).sort((a, b) => a - b);
    const first = slots[0];
    const expected = Array.from({ length: (slots.at(-1)! - first) / 1_000 + 1 }, (_, index) => first + index * 1_000);
    expect(slots).toEqual(expected);
  });
});
