import { randomBytes } from 'node:crypto';
import type { Backend, ReplicaRole } from '@rookery/core';
import { BootError } from '../cluster.errors.js';
import type { ClusterModuleOptions } from '../cluster.options.js';
import { readEnvironment, readIdentity, type StoreEnvironment } from './environment.js';

/** The options and the environment, decided. What the options say wins. */
export interface ClusterSettings {
  store: Backend | StoreEnvironment;
  identity: { id?: string; version?: string; roles?: readonly ReplicaRole[] };
}

/** @throws BootError naming the option or the variable that is wrong */
export function readSettings(options: ClusterModuleOptions, env: NodeJS.ProcessEnv): ClusterSettings {
  const { replicaId, roles } = readIdentity(env);
  if (options.backend && options.namespace !== undefined && options.namespace !== options.backend.namespace) {
    throw new BootError(
      'ROOKERY_INVALID_INPUT',
      `ClusterModule was given the namespace "${options.namespace}" and a backend whose namespace is "${options.backend.namespace}". Name it in one place: the backend's own options.`,
    );
  }
  return {
    store: options.backend ?? withNamespace(readEnvironment(env), options.namespace),
    identity: {
      // A platform gives a restarted process the name of the one before it; only the suffix tells them apart.
      id: replicaId && `${replicaId}-${randomBytes(3).toString('hex')}`,
      version: options.version,
      roles: options.roles ?? roles,
    },
  };
}

function withNamespace(environment: StoreEnvironment, namespace: string | undefined): StoreEnvironment {
  return namespace === undefined ? environment : { ...environment, namespace };
}
