import { expect, it } from 'vitest';
import { richSerializer } from './rich.serializer.js';

const refuse = (path: string, problem: string): never => {
  throw new Error(`${path}: ${problem}`);
};
const { encode, decode } = richSerializer();
const through = (value: unknown) => decode(JSON.parse(JSON.stringify(encode(value, refuse))));

it('carries what JSON cannot', () => {
  const value = {
    date: new Date(5),
    map: new Map<unknown, unknown>([
      ['a', [1, new Date(6)]],
      [2, new Map([['deep', 1n]])],
    ]),
    set: new Set(['x', { y: 1 }]),
    big: 12345678901234567890n,
    bytes: Buffer.from('abc'),
    numbers: [NaN, Infinity, -Infinity, -0, 1.5],
    gone: undefined,
    none: null,
    list: [undefined, 1],
  };
  expect(through(value)).toStrictEqual(value);
});

it('takes data that look like its own marks as data', () => {
  const value = { $rookery: 'date', v: 5, inner: { $rookery: { $rookery: 'map' } } };
  expect(through(value)).toStrictEqual(value);
  const dangerous = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as object;
  const result = through(dangerous) as object;
  expect(Object.keys(result)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
});

it('gives every caller a value of his own', () => {
  const tree = encode({ map: new Map([['a', 1]]) }, refuse);
  const one = decode(tree) as { map: Map<string, number> };
  one.map.set('b', 2);
  expect(decode(tree)).toStrictEqual({ map: new Map([['a', 1]]) });
});

it('refuses functions, symbols and cycles with their path', () => {
  const cycle: { list: unknown[] } = { list: [] };
  cycle.list.push(cycle);
  expect(() => encode({ a: [() => 1] }, refuse)).toThrow('$.a[0]: a function');
  expect(() => encode({ s: Symbol('x') }, refuse)).toThrow('$.s: a symbol');
  expect(() => encode(cycle, refuse)).toThrow(/^\$\.list\[0\]: .*cycle/);
});
