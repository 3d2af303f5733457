import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startSample, type Sample } from './sample.js';

let sample: Sample;
const mails: string[] = [];
const refusals: string[] = [];

/** A real SMTP server that refuses the first try of every mail. */
const server = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData(stream, _session, done) {
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('end', () => {
      const id = /^Message-ID: (.*)$/im.exec(text)![1];
      if (refusals.includes(id)) {
        mails.push(id);
        return done();
      }
      refusals.push(id);
      done(Object.assign(new Error('try again later'), { responseCode: 451 }));
    });
  },
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  sample = await startSample('redis', { env: { SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_RETRY_MS: '200' } });
});
afterAll(async () => {
  await sample?.cluster.stop();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

it('delivers the mail of each committed renewal over SMTP, trying again when the server is not in the mood', async () => {
  mails.length = 0;
  const { id, email } = await sample.subscribe({ plan: 'plus' });
  await Promise.all(Array.from({ length: 10 }, () => sample.post(`/subscriptions/${id}/renew`)));
  await vi.waitFor(() => expect(new Set(mails).size).toBe(10), { timeout: 60_000, interval: 200 });
  expect(mails).toHaveLength(10);
  const { emails } = await sample.get<{ emails: { recipient: string; deliveredAt: string | null }[] }>('/emails');
  expect(emails.filter(({ recipient, deliveredAt }) => recipient === email && deliveredAt)).toHaveLength(10);
});
