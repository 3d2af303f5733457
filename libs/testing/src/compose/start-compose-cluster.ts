import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Cluster } from '../cluster/cluster.js';
import type { ClusterOptions } from '../cluster/cluster.options.js';
import { freePort } from '../processes/free-port.js';
import { guardian } from '../processes/guardian.js';
import { privateDirectory } from '../processes/private-directory.js';
import { ComposeCluster } from './compose-cluster.js';
import { ContainerReplica } from './container-replica.js';
import { containerPostgres, containerStore } from './container-store.js';
import { docker } from './docker.js';

/**
 * The same cluster from the docker-compose.yml of the current directory: nginx, replicas, Redis, PostgreSQL. `entry`,
 * `nodeArgs`, `clockSkewMs`, `stores` and `links` say nothing here; all replicas get the roles and variables of the first.
 */
export async function startComposeCluster(options: ClusterOptions): Promise<Cluster> {
  const count = options.replicas ?? 3;
  const port = options.port ?? (await freePort());
  const project = `rookery-${randomBytes(4).toString('hex')}`;
  const directory = await privateDirectory('compose');
  const compose = ['compose', '--project-name', project, '--file', resolve('docker-compose.yml')];
  const override = join(directory.path, 'override.json');
  await writeFile(override, JSON.stringify({ services: { web: { environment: firstOf(options.env) ?? {} } } }));
  const env = {
    ...process.env,
    PORT: String(port),
    ROOKERY_BACKEND: options.backend ?? 'postgres',
    WEB_ROLES: (firstOf(options.roles) ?? ['web', 'jobs', 'workers']).join(','),
  };

  const remove = [...compose, 'down', '--volumes', '--timeout', '0'];
  guardian.guardCommand('docker', remove, env);
  const stop = async () => {
    await docker(remove, env);
    guardian.releaseCommand(remove);
    await directory.remove();
  };
  try {
    const scale = ['--scale', `web=${count}`, '--scale', 'worker=0'];
    await docker([...compose, '--file', override, 'up', '--detach', '--wait', ...scale], env);
    const replicas = Array.from({ length: count }, (_, index) => {
      const { readyPath = '/health/ready', readyTimeoutMs = 60_000 } = options;
      return new ContainerReplica(`${project}-web-${index + 1}`, readyPath, readyTimeoutMs);
    });
    await Promise.all(replicas.map((replica) => replica.refresh()));
    const redis = await containerStore(`${project}-redis-1`, 6379, ['redis-cli', 'ping'], (ip) => `redis://${ip}:6379`);
    const password = process.env.POSTGRES_PASSWORD ?? 'rookery';
    const postgres = await containerPostgres(
      `${project}-postgres-1`,
      (ip) => `postgres://rookery:${password}@${ip}:5432/rookery`,
    );
    return new ComposeCluster(options, `http://127.0.0.1:${port}`, replicas, redis, postgres, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function firstOf<T>(option: T | ((index: number) => T | undefined) | undefined): T | undefined {
  return typeof option === 'function' ? (option as (index: number) => T | undefined)(0) : option;
}
