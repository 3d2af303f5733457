import { describe, expect, it } from 'vitest';
import { checkName, checkNamespace, resourceKey } from './key.js';

describe('resourceKey', () => {
  it('puts all keys of a resource under one hash tag', () => {
    expect(resourceKey('shop', 'lock', 'invoice:42', 'fence')).toBe('shop:lock:{invoice:42}:fence');
    expect(resourceKey('shop', 'lock', 'invoice:42')).toBe('shop:lock:{invoice:42}');
  });

  it('keeps resources apart whatever braces and percent signs they hold', () => {
    const names = ['a', '{a}', 'a}', '{a', '%7Ba%7D', 'a}:fence', '{}'];
    const tags = names.map((name) => /\{(.*?)\}/.exec(resourceKey('n', 'lock', name))![1]);
    expect(new Set(tags).size).toBe(names.length);
    expect(tags).not.toContain('');
  });
});

describe('names', () => {
  it.each(['', 'a\nb', 'a\u0000', 'x'.repeat(257), 'ü'.repeat(129), 7, null, undefined])('refuses %j', (name) => {
    expect(() => checkName('The lock key', name)).toThrow('The lock key is');
  });

  it('takes 256 bytes of anything printable', () => {
    expect(checkName('The lock key', 'ü'.repeat(128))).toHaveLength(128);
  });

  it.each(['', 'a b', 'a:b', '{a}', '*', '-a', 'x'.repeat(64)])('refuses the namespace %j', (namespace) => {
    expect(() => checkNamespace(namespace)).toThrow('The namespace');
  });
});
