import { connectRealtime } from '@rookery/realtime/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GROUNDS, startSample, type Sample } from './sample.js';

interface Emails {
  total: number;
  emails: { kind: string; subscriptionId: string; subject: string }[];
}

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

describe.each(GROUNDS)('the stories of the app on %s', (backend) => {
  let sample: Sample;
  beforeAll(async () => void (sample = await startSample(backend)));
  afterAll(() => sample?.cluster.stop());
  // One that failed may have left some ended.
  beforeEach(() => sample.cluster.startAll());

  const on = (replica: number, path: string) => new URL(path, sample.cluster.replicas[replica].url);

  it('a picture uploaded to one replica is read from the others, and only whole pictures of an allowed kind', async () => {
    const { id } = await sample.subscribe();
    const upload = (content: Buffer, type: string) => {
      const form = new FormData();
      form.append('file', new Blob([new Uint8Array(content)], { type }), '../../etc/passwd');
      return fetch(on(0, `/subscriptions/${id}/avatar`), { method: 'PUT', body: form });
    };
    expect((await fetch(on(1, `/subscriptions/${id}/avatar`))).status).toBe(404);
    expect((await upload(PNG, 'image/png')).status).toBe(200);
    const answer = await fetch(on(1, `/subscriptions/${id}/avatar`));
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(PNG);
    const again = await fetch(on(2, `/subscriptions/${id}/avatar`), {
      headers: { 'If-None-Match': answer.headers.get('etag')! },
    });
    expect(again.status).toBe(304);

    expect((await upload(Buffer.from('<script>'), 'text/html')).status).toBe(415);
    expect((await upload(Buffer.alloc(1_000_001), 'image/png')).status).toBe(413);
    expect(Buffer.from(await (await fetch(on(2, `/subscriptions/${id}/avatar`))).arrayBuffer())).toEqual(PNG);
  });

  it('a new price is seen on every replica', async () => {
    const prices = (replica: number) =>
      fetch(on(replica, '/plans')).then(
        (response) => response.json() as Promise<{ name: string; priceCents: number }[]>,
      );
    await Promise.all([0, 1, 2].map(prices));
    await sample.fetch('/plans/pro', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: '{"priceCents":5100}',
    });
    for (const replica of [0, 1, 2]) {
      await vi.waitFor(async () => expect(await prices(replica)).toContainEqual({ name: 'pro', priceCents: 5100 }));
    }
  });

  it('each committed renewal gets its receipt and invoice, once', async () => {
    const { id } = await sample.subscribe({ customer: 'Ada <b>' });
    await Promise.all(Array.from({ length: 20 }, () => sample.post(`/subscriptions/${id}/renew`)));
    const receipts = async () => {
      const { emails } = await sample.get<Emails>('/emails?limit=5000');
      return emails
        .filter(({ kind, subscriptionId }) => kind === 'receipt' && subscriptionId === id)
        .map(({ subject }) => subject);
    };
    const expected = Array.from(
      { length: 20 },
      (_, index) => `Receipt ${String(index + 1).padStart(4, '0')} for your pro plan`,
    );
    await vi.waitFor(async () => expect((await receipts()).sort()).toEqual(expected), {
      timeout: 40_000,
      interval: 300,
    });
    const pdf = await fetch(on(1, `/subscriptions/${id}/invoices/20`));
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    expect((await pdf.text()).slice(0, 5)).toBe('%PDF-');
  });

  it('the feed arrives from all replicas, also over the death of the one that it came from', async () => {
    const { id } = await sample.subscribe();
    const seen: string[] = [];
    const recoveries: boolean[] = [];
    const socket = connectRealtime(sample.cluster.url, { onRecovery: ({ recovered }) => recoveries.push(recovered) });
    socket.on('activity', ({ text }: { text: string }) => seen.push(text));
    try {
      await vi.waitFor(() => expect(socket.connected).toBe(true), { timeout: 20_000 });
      await Promise.all(Array.from({ length: 9 }, () => sample.post(`/subscriptions/${id}/renew`)));
      await vi.waitFor(() => expect(seen).toHaveLength(9), { timeout: 20_000 });
      for (const index of [0, 1, 2]) {
        await sample.cluster.kill(index);
        await sample.post(`/subscriptions/${id}/renew`);
        await sample.cluster.start(index);
      }
      await vi.waitFor(() => expect(seen).toHaveLength(12), { timeout: 30_000 });
      expect(recoveries.length).toBeGreaterThan(0);
      expect(recoveries).not.toContain(false);
    } finally {
      socket.disconnect();
    }
  });
});
