import type { ReplicaRole } from '@rookery/core';
import { BootError } from '../cluster.errors.js';

/** Where the store is, as the environment says. */
export interface StoreEnvironment {
  kind: 'memory' | 'redis' | 'postgres';
  /** Where that store is; none for memory, and none for a Redis Cluster. */
  url?: string;
  /** Nodes of a Redis Cluster. */
  nodes?: string[];
  namespace?: string;
}

const KINDS = ['memory', 'redis', 'postgres'] as const;
const STORES = {
  redis: { name: 'REDIS_URL', protocols: ['redis:', 'rediss:'], example: 'redis://user:password@host:6379' },
  postgres: {
    name: 'DATABASE_URL',
    protocols: ['postgres:', 'postgresql:'],
    example: 'postgres://user:password@host:5432/database',
  },
};
const ROLES = ['web', 'jobs', 'workers'] as const;

/**
 * Reads ROOKERY_BACKEND, REDIS_URL, REDIS_NODES, DATABASE_URL and ROOKERY_NAMESPACE. An empty variable counts as not set.
 *
 * @throws BootError naming the variable, what it was (passwords masked) and what it may be
 */
export function readEnvironment(env: NodeJS.ProcessEnv): StoreEnvironment {
  const named = oneOf('ROOKERY_BACKEND', given(env, 'ROOKERY_BACKEND'), KINDS);
  // A DATABASE_URL alone is the app's own business: most apps have one.
  const kind = named ?? (given(env, 'REDIS_URL') || given(env, 'REDIS_NODES') ? 'redis' : 'memory');
  const namespace = readNamespace(given(env, 'ROOKERY_NAMESPACE'));
  if (kind === 'memory') return { kind, namespace };
  const nodes = kind === 'redis' ? readNodes(env) : undefined;
  if (nodes) return { kind, nodes, namespace };
  const { name, protocols, example } = STORES[kind];
  const url = readUrl(env, name, protocols, example);
  if (url) return { kind, url, namespace };
  throw wrong(
    name,
    `not set although ROOKERY_BACKEND is "${kind}"`,
    `like ${example} (or choose another backend: ${KINDS.filter((other) => other !== kind).join(', ')})`,
  );
}

/** Reads REDIS_CACHE_URL: a second Redis, for a cache that may evict. @throws BootError */
export function readCacheUrl(env: NodeJS.ProcessEnv): string | undefined {
  return readUrl(env, 'REDIS_CACHE_URL', STORES.redis.protocols, STORES.redis.example);
}

/** Reads ROOKERY_REPLICA_ID and ROOKERY_ROLES. @throws BootError */
export function readIdentity(env: NodeJS.ProcessEnv): { replicaId?: string; roles?: ReplicaRole[] } {
  return { replicaId: given(env, 'ROOKERY_REPLICA_ID'), roles: readRoles(given(env, 'ROOKERY_ROLES')) };
}

function given(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

function oneOf<T extends string>(name: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined || allowed.includes(value as T)) return value as T | undefined;
  throw wrong(name, `"${shortened(value)}"`, `${allowed.map((one) => `"${one}"`).join(', ')} or not set`);
}

function readRoles(value: string | undefined): ReplicaRole[] | undefined {
  const names = value?.split(',').map((name) => name.trim());
  const unknown = names?.find((name) => !ROLES.includes(name as ReplicaRole));
  if (unknown === undefined) return names as ReplicaRole[] | undefined;
  const what =
    names!.length > 1 ? `"${shortened(value!)}", where "${shortened(unknown)}" is no role` : `"${shortened(unknown)}"`;
  throw wrong('ROOKERY_ROLES', what, `a comma-separated list of ${ROLES.join(', ')}, or not set for all of them`);
}

function readNamespace(value: string | undefined): string | undefined {
  if (value === undefined || /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(value)) return value;
  throw wrong(
    'ROOKERY_NAMESPACE',
    `"${shortened(value)}"`,
    '1 to 63 letters, digits, "_", "." or "-", beginning with a letter or digit; or not set for "rookery"',
  );
}

function readNodes(env: NodeJS.ProcessEnv): string[] | undefined {
  const value = given(env, 'REDIS_NODES');
  if (value === undefined) return undefined;
  if (given(env, 'REDIS_URL'))
    throw wrong('REDIS_NODES', 'set beside REDIS_URL', 'alone: it names a Redis Cluster, REDIS_URL a single Redis');
  const { protocols, example } = STORES.redis;
  return value.split(',').map((node) => checkUrl('REDIS_NODES', node.trim(), protocols, `${example},redis://…`));
}

function readUrl(env: NodeJS.ProcessEnv, name: string, protocols: string[], example: string): string | undefined {
  const value = given(env, name);
  return value === undefined ? undefined : checkUrl(name, value, protocols, example);
}

function checkUrl(name: string, value: string, protocols: string[], example: string): string {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed && protocols.includes(parsed.protocol) && parsed.host !== '') return value;
  throw wrong(
    name,
    parsed ? `"${masked(parsed)}"` : 'not a URL (not shown, it may hold a password)',
    `like ${example}`,
  );
}

/** Never the user's text as it is: a mistyped URL still holds the password somewhere. */
function masked({ protocol, host }: URL): string {
  return host ? `${protocol}//***@${host}/…` : `${protocol}…`;
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function wrong(name: string, was: string, expected: string): BootError {
  return new BootError('ROOKERY_ENVIRONMENT', `The environment variable ${name} is ${was}, but must be ${expected}.`);
}
