import { describe, expect, it } from 'vitest';
import { formatBatch, parseBatch } from './batch.js';
import { formatControl, formatEvent, parseBody } from './body.js';

const head = { epoch: 'e_-1', previous: 10, first: 1_700_000_000_000_000, publisher: 'p' };

describe('a batch', () => {
  it('is read as it was written', () => {
    expect(parseBatch(formatBatch(head, ['[1]', '{"a b":" ] "}']))).toEqual({
      ...head,
      bodies: [[1], { 'a b': ' ] ' }],
    });
    expect(parseBatch(formatBatch(head, []))).toEqual({ ...head, bodies: [] });
  });

  it.each(['', 'x', 'e 1 2 p', 'e 1 2 p [', 'e -1 2 p []', 'e 1 2 p {}'])('is not made of %j', (text) => {
    expect(parseBatch(text)).toBeUndefined();
  });
});

describe('a body', () => {
  it.each([
    ['plain', ['n', { a: [1, null, 'ü'] }]],
    ['text that looks like base64', ['n', 'AAAA']],
    ['binary', ['n', { deep: [Buffer.from([1, 2, 3])] }]],
  ])('carries %s data', (_, data) => {
    const body = { seq: 7, rooms: ['a'], except: ['b'], data };
    expect(parseBody(JSON.parse(formatEvent(body)))).toEqual(body);
  });

  it('carries what adapters ask each other', () => {
    const control = { uid: 'x', nsp: '/', type: 2 as const };
    expect(parseBody(JSON.parse(formatControl({ seq: 1, control })))).toEqual({ seq: 1, control });
  });
});
