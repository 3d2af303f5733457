import { memory } from '@rookery/core';
import { describe, expect, it } from 'vitest';
import { BootError } from '../cluster.errors.js';
import { readSettings } from './cluster.settings.js';
import { readEnvironment, readIdentity } from './environment.js';

const REDIS = 'redis://user:hunter2@localhost:6379';
const POSTGRES = 'postgres://user:hunter2@localhost:5432/shop';

describe('the environment', () => {
  it.each([
    [{}, { kind: 'memory' }],
    [{ DATABASE_URL: POSTGRES }, { kind: 'memory' }],
    [{ REDIS_URL: REDIS }, { kind: 'redis', url: REDIS }],
    [
      { REDIS_URL: REDIS, DATABASE_URL: POSTGRES },
      { kind: 'redis', url: REDIS },
    ],
    [{ ROOKERY_BACKEND: 'memory', REDIS_URL: REDIS }, { kind: 'memory' }],
    [{ REDIS_NODES: `${REDIS}, redis://other:6379` }, { kind: 'redis', nodes: [REDIS, 'redis://other:6379'] }],
    [
      { ROOKERY_BACKEND: 'postgres', DATABASE_URL: POSTGRES, REDIS_URL: REDIS },
      { kind: 'postgres', url: POSTGRES },
    ],
    [
      { ROOKERY_BACKEND: '', REDIS_URL: '  ', ROOKERY_NAMESPACE: 'shop' },
      { kind: 'memory', namespace: 'shop' },
    ],
  ])('%j means %j', (env, expected) => {
    expect(readEnvironment(env)).toEqual({ namespace: undefined, ...expected });
  });

  it.each([
    [
      { ROOKERY_BACKEND: 'mysql' },
      /^The environment variable ROOKERY_BACKEND is "mysql", but must be "memory", "redis", "postgres" or not set\.$/,
    ],
    [{ ROOKERY_BACKEND: 'redis' }, /REDIS_URL is not set although ROOKERY_BACKEND is "redis", but must be like redis:/],
    [
      { ROOKERY_BACKEND: 'postgres' },
      /DATABASE_URL is not set although ROOKERY_BACKEND is "postgres", but must be like postgres:/,
    ],
    [{ REDIS_URL: 'localhost:6379' }, /REDIS_URL is "localhost:…", but must be like redis:/],
    [{ REDIS_URL: 'http://a:hunter2@host' }, /REDIS_URL is "http:\/\/\*\*\*@host\/…"/],
    [{ REDIS_URL: 'user:hunter2@host' }, /REDIS_URL is/],
    [{ REDIS_URL: 'redis://:hunter2@:port' }, /REDIS_URL is not a URL/],
    [{ REDIS_NODES: REDIS, REDIS_URL: REDIS }, /REDIS_NODES is set beside REDIS_URL, but must be alone/],
    [{ REDIS_NODES: `${REDIS},user:hunter2@host` }, /REDIS_NODES is/],
    [{ ROOKERY_NAMESPACE: 'a b' }, /ROOKERY_NAMESPACE is "a b"/],
  ])('%j is refused in one paragraph without the password', (env, message) => {
    const error = caught(() => readEnvironment(env));
    expect(error).toBeInstanceOf(BootError);
    expect(error.message).toMatch(message);
    expect(error.stack).toBe(`BootError: ${error.message}`);
    expect(error.message).not.toContain('hunter2');
  });

  it('names the role that does not exist', () => {
    expect(readIdentity({ ROOKERY_ROLES: 'web, jobs' }).roles).toEqual(['web', 'jobs']);
    expect(readIdentity({ ROOKERY_ROLES: '' }).roles).toBeUndefined();
    expect(() => readIdentity({ ROOKERY_ROLES: 'web,worker' })).toThrow(
      'ROOKERY_ROLES is "web,worker", where "worker" is no role, but must be a comma-separated list of web, jobs, workers',
    );
  });
});

describe('settings', () => {
  it('let the options win over the environment', () => {
    const backend = memory();
    const settings = readSettings({ backend, roles: ['jobs'] }, { ROOKERY_BACKEND: 'nonsense', ROOKERY_ROLES: 'web' });
    expect(settings).toMatchObject({ store: backend, identity: { roles: ['jobs'] } });
  });

  it('give every start an id of its own under a name that the platform gave', () => {
    const [first, second] = [1, 2].map(() => readSettings({}, { ROOKERY_REPLICA_ID: 'app-1' }).identity.id);
    expect(first).toMatch(/^app-1-[0-9a-f]{6}$/);
    expect(first).not.toBe(second);
  });

  it('refuse two different namespaces', () => {
    expect(() => readSettings({ backend: memory({ namespace: 'a' }), namespace: 'b' }, {})).toThrow(
      /the namespace "b" and a backend whose namespace is "a"/,
    );
  });
});

function caught(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
