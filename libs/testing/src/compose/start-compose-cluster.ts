import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Cluster } from '../cluster/cluster.js';
import type { ClusterOptions } from '../cluster/cluster.options.js';
import { freePort } from '../processes/free-port.js';
import { guardian } from '../processes/guardian.js';
import { privateDirectory } from '../processes/private-directory.js';
import { TestingError } from '../testing.errors.js';
import { ComposeCluster } from './compose-cluster.js';
import { composeFile } from './compose-file.js';
import { ContainerReplica } from './container-replica.js';
import { containerPostgres, containerStore } from './container-store.js';
import { docker } from './docker.js';

/**
 * The same cluster from the docker-compose.yml of the current directory: its load balancer, replicas of its service
 * `web`, Redis and PostgreSQL. `entry`, `nodeArgs`, `clockSkewMs`, `stores` and `links` say nothing here.
 */
export async function startComposeCluster(options: ClusterOptions): Promise<Cluster> {
  const port = options.port ?? (await freePort());
  const project = `rookery-${randomBytes(4).toString('hex')}`;
  const ids = Array.from({ length: options.replicas ?? 3 }, (_, index) => `replica-${index + 1}`);
  const env = { ...process.env, PORT: String(port), ROOKERY_BACKEND: options.backend ?? 'postgres' };
  const directory = await privateDirectory('compose');
  const path = join(directory.path, 'docker-compose.json');
  const compose = ['compose', '--project-name', project, '--file', path];
  const remove = [...compose, 'down', '--volumes', '--timeout', '0'];
  const stop = async () => {
    await docker(remove, env);
    guardian.releaseCommand(remove);
    await directory.remove();
  };

  await writeFile(path, JSON.stringify(await composeFile(resolve('docker-compose.yml'), project, ids, options, env)));
  guardian.guardCommand('docker', remove, env);
  try {
    await docker([...compose, 'up', '--detach', '--wait'], env);
    const { readyPath = '/health/ready', readyTimeoutMs = 60_000 } = options;
    const replicas = ids.map((id) => new ContainerReplica(id, `${project}-${id}-1`, readyPath, readyTimeoutMs));
    await Promise.all(replicas.map((replica) => replica.refresh()));
    return new ComposeCluster(
      project,
      options,
      `http://127.0.0.1:${port}`,
      replicas,
      await redis(project),
      await postgres(project),
      stop,
    );
  } catch (cause) {
    const said = await docker([...compose, 'logs', '--tail', '40'], env).catch(String);
    await stop();
    throw new TestingError('START_FAILED', `${(cause as Error).message}\nThe containers printed:\n${said}`, { cause });
  }
}

function redis(project: string) {
  return containerStore(`${project}-redis-1`, 6379, ['redis-cli', 'ping'], (ip) => `redis://${ip}:6379`);
}

function postgres(project: string) {
  const password = process.env.POSTGRES_PASSWORD ?? 'app';
  return containerPostgres(`${project}-postgres-1`, (ip) => `postgres://app:${password}@${ip}:5432/app`);
}
