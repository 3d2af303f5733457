import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GROUNDS, startSample, type Sample, type Subscription } from './sample.js';

describe.each(GROUNDS)('three replicas on %s', (backend) => {
  let sample: Sample;
  beforeAll(async () => void (sample = await startSample(backend)));
  afterAll(() => sample?.cluster.stop());
  // One that failed may have left some ended.
  beforeEach(() => sample.cluster.startAll());

  it('answer in turn and know each other', async () => {
    const answering = new Set<string>();
    await vi.waitFor(
      async () => {
        answering.add((await sample.get<{ id: string }>('/whoami')).id);
        expect(answering.size).toBe(3);
      },
      { timeout: 30_000, interval: 20 },
    );
    const { replicas } = await sample.get<{ replicas: { id: string }[] }>('/replicas');
    expect(new Set(replicas.map(({ id }) => id))).toEqual(answering);
  });

  it('give the doctor nothing to find', () => {
    for (const index of [0, 1, 2]) expect(sample.cluster.logs(index)).not.toMatch(/RK\d{3}/);
  });

  it('renew one subscription 200 times at once as if one after the other', async () => {
    const before = await sample.subscribe();
    await Promise.all(Array.from({ length: 200 }, () => sample.post(`/subscriptions/${before.id}/renew`)));
    const after = await sample.get<Subscription>(`/subscriptions/${before.id}`);
    expect(after.renewals).toBe(200);
    expect(Date.parse(after.expiresAt) - Date.parse(before.expiresAt)).toBe(200 * 30 * 86_400_000);
  });

  it('tell Prometheus what they do', async () => {
    const { id } = await sample.subscribe();
    await Promise.all(Array.from({ length: 9 }, () => sample.post(`/subscriptions/${id}/renew`)));
    const text = await (await sample.fetch('/metrics')).text();
    expect(text).toMatch(/^rookery_replicas\{.*\} 3/m);
    expect(text).toMatch(/^rookery_operation_duration.*lock.acquire/m);
  });

  it('import the good rows of a CSV file once and report the bad ones by line', async () => {
    const csv = [
      'customer,email,plan,days_left',
      'Grace,grace@example.org,plus,5',
      'No Mail,not-an-address,plus,5',
      'Grace,grace@example.org,plus,5',
      'Alan,alan@example.org,platinum,5',
      '"Quoted, Name",quoted@example.org,basic,1',
      'Short,short@example.org',
      "Robert'); drop table subscriptions;--,bobby@example.org,basic,2",
    ]
      .join('\n')
      .replaceAll('@', `@${randomUUID()}.`);
    const report = await sample.post<{ errors: { line: number }[] }>('/subscriptions/import', csv);
    expect(report).toMatchObject({ imported: 3, known: 1 });
    expect(report.errors.map(({ line }) => line)).toEqual([3, 5, 7]);
    expect(await sample.post('/subscriptions/import', csv)).toMatchObject({ imported: 0, known: 4 });
  });

  it('lose nothing and leave nothing over when all stop and start again', async () => {
    const { total } = await sample.get<{ total: number }>('/subscriptions');
    expect(total).toBeGreaterThan(0);
    const endings = await sample.cluster.stopAll();
    expect(endings.map(({ signal, code }) => signal ?? code)).toEqual(
      endings.map(() => expect.toBeOneOf(['SIGTERM', 0])),
    );
    await sample.cluster.startAll();
    expect(await sample.get('/subscriptions')).toMatchObject({ total });
    const { replicas } = await sample.get<{ replicas: unknown[] }>('/replicas');
    expect(replicas).toHaveLength(3);
  });
});
