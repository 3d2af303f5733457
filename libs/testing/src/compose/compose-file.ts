import type { ClusterOptions } from '../cluster/cluster.options.js';
import { docker } from './docker.js';

interface Service {
  environment?: Record<string, string | null>;
  depends_on?: Record<string, unknown>;
  [key: string]: unknown;
}

interface ComposeFile {
  name?: string;
  services: Record<string, Service>;
}

/**
 * The compose file of a project, with its scaled service `web` taken apart: one service for each replica, so that each
 * has its own name and variables. For the load balancer they are `web` all the same. The service `worker` is left out.
 */
export async function composeFile(
  path: string,
  project: string,
  ids: readonly string[],
  options: ClusterOptions,
  env: NodeJS.ProcessEnv,
) {
  // With the project's name, since what is resolved here are also the names of its network and volumes.
  const config = ['compose', '--project-name', project, '--file', path, 'config', '--format', 'json'];
  const file = JSON.parse(await docker(config, env)) as ComposeFile;
  const { web, worker: _worker, ...others } = file.services;
  const template = { ...web, depends_on: only(Object.keys(others), web?.depends_on) };
  const replicas = ids.map((id, index) => [id, replicaService(template, id, index, options)] as const);
  const services = Object.entries(others).map(([name, service]) => [name, afterReplicas(service, ids)] as const);
  return { ...file, name: undefined, services: Object.fromEntries([...services, ...replicas]) };
}

/** Without the services of profiles that are not on: they are not in the file. */
function only(names: string[], dependencies: Service['depends_on'] = {}): Service['depends_on'] {
  return Object.fromEntries(Object.entries(dependencies).filter(([name]) => names.includes(name)));
}

function replicaService(web: Service, id: string, index: number, options: ClusterOptions): Service {
  const roles = typeof options.roles === 'function' ? options.roles(index) : options.roles;
  const own = typeof options.env === 'function' ? options.env(index) : options.env;
  const all = ['web', 'jobs', 'workers'];
  return {
    ...web,
    scale: 1,
    deploy: undefined,
    environment: { ...web.environment, ROOKERY_REPLICA_ID: id, ROOKERY_ROLES: (roles ?? all).join(','), ...own },
    networks: { default: (roles ?? all).includes('web') ? { aliases: ['web'] } : null },
  };
}

function afterReplicas(service: Service, ids: readonly string[]): Service {
  const { web, ...others } = service.depends_on ?? {};
  if (web === undefined) return service;
  return { ...service, depends_on: { ...others, ...Object.fromEntries(ids.map((id) => [id, web])) } };
}
