import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { bearerToken, developersOnly } from './access.js';

const asking = (authorization?: string) => ({ headers: { authorization } }) as IncomingMessage;
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('bearerToken', () => {
  const access = bearerToken('open sesame:1');

  it.each([['Bearer open sesame:1'], ['bearer open sesame:1'], [basic('anybody:open sesame:1')]])(
    'lets in %s',
    (given) => {
      expect(access(asking(given))).toBe(true);
    },
  );

  it.each([
    [undefined],
    [''],
    ['Bearer '],
    ['Bearer open'],
    ['open sesame:1'],
    ['Digest open sesame:1'],
    [basic('open sesame:1')],
  ])('refuses %s', (given) => expect(access(asking(given))).toBe(false));

  it('lets nobody in when the token is empty, as when its variable was never set', () => {
    expect(bearerToken('')(asking('Bearer '))).toBe(false);
  });
});

describe('developersOnly', () => {
  it('is open in development and nowhere else', () => {
    expect(developersOnly({ NODE_ENV: 'development' })(asking())).toBe(true);
    expect(developersOnly({})(asking())).toBe(false);
    expect(developersOnly({ NODE_ENV: 'production' })(asking())).toBe(false);
  });
});
