import { startCluster, type Cluster, type ClusterOptions } from '@rookery/testing';
import { freshNamespace } from '../backends.js';

/** Two replicas of a built example, as its reader would start them. */
export function startExample(
  name: string,
  options: Omit<Partial<ClusterOptions>, 'env'> & { env?: Record<string, string> },
): Promise<Cluster> {
  return startCluster({
    entry: new URL(`../../examples/dist/${name}/main.js`, import.meta.url),
    replicas: 2,
    readyTimeoutMs: 120_000,
    stores: [],
    ...options,
    env: { NODE_ENV: 'test', ROOKERY_NAMESPACE: freshNamespace(), ...options.env },
  });
}

/** Asks one replica past the load balancer. */
export async function ask<T>(cluster: Cluster, replica: number, path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(new URL(path, cluster.replicas[replica].url), init);
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (response.status === 204 ? undefined : await response.json()) as T;
}
