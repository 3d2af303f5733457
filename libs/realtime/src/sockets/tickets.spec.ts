import { describe, expect, it } from 'vitest';
import { Tickets } from './tickets.js';

const subject = { nsp: '/', user: 'ann', room: 'den' };
const now = 1_700_000_000_000;

describe('Tickets', () => {
  const tickets = new Tickets('a secret');
  const ticket = tickets.issue(subject, 42, now + 1_000);

  it('give the offset of the join back', () => {
    expect(tickets.check(subject, ticket, now)).toBe(42);
    expect(new Tickets('a secret').check(subject, ticket, now)).toBe(42);
  });

  it('end by themselves', () => {
    expect(tickets.check(subject, ticket, now + 1_001)).toBeUndefined();
  });

  it.each([
    ['another user', { ...subject, user: 'eve' }],
    ['a visitor', { ...subject, user: null }],
    ['another room', { ...subject, room: 'vault' }],
    ['another namespace', { ...subject, nsp: '/admin' }],
  ])('are worth nothing to %s', (_, other) => {
    expect(tickets.check(other, ticket, now)).toBeUndefined();
  });

  it('cannot be changed or made without the secret', () => {
    const [joined, expires, signature] = ticket.split('.');
    for (const forged of [
      `0.${expires}.${signature}`,
      `${joined}.zzzzzzzzzz.${signature}`,
      `${joined}.${expires}.`,
      `${joined}.${expires}.${'A'.repeat(32)}`,
      new Tickets('a guess').issue(subject, 42, now + 1_000),
      '',
      'x'.repeat(10_000),
      42,
      null,
      { split: () => ['0', 'zzz', 'x'] },
    ])
      expect(tickets.check(subject, forged, now)).toBeUndefined();
  });
});
