import type { Cluster } from '../cluster/cluster.js';
import type { BackendName, ClusterOptions } from '../cluster/cluster.options.js';
import type { Ending } from '../processes/guarded-process.js';
import type { PostgresHandle } from '../stores/postgres.js';
import type { StoreHandle } from '../stores/store.js';
import { TestingError } from '../testing.errors.js';
import { disconnected } from './container-network.js';
import type { ContainerReplica } from './container-replica.js';

/** A cluster of containers, as docker-compose.yml describes it. */
export class ComposeCluster implements Cluster {
  readonly backend: BackendName;

  constructor(
    private readonly project: string,
    private readonly options: ClusterOptions,
    readonly url: string,
    readonly replicas: readonly ContainerReplica[],
    readonly redis: StoreHandle,
    readonly postgres: PostgresHandle,
    readonly stop: () => Promise<void>,
  ) {
    this.backend = options.backend ?? 'postgres';
  }

  kill = (index: number): Promise<void> => this.replica(index).kill();
  pause = (index: number): Promise<void> => this.replica(index).pause();
  resume = (index: number): Promise<void> => this.replica(index).resume();
  start = (index: number): Promise<void> => this.replica(index).start();
  logs = (index: number): string => this.replica(index).logs();
  terminate = (index: number): Promise<Ending> => this.replica(index).terminate(this.options.stopGraceMs ?? 35_000);

  /**
   * Takes a container off the network: `replica-1`, `redis`, `postgres`, `balancer` …. Connections neither end nor
   * carry anything. Resolves what connects it again.
   */
  async disconnect(service: string): Promise<() => Promise<void>> {
    const connect = await disconnected(this.project, `${this.project}-${service}-1`);
    return async () => {
      await connect();
      // Its address may be another one now.
      await this.replicas.find(({ id }) => id === service)?.refresh();
    };
  }

  async restart(index: number): Promise<Ending> {
    const ending = await this.terminate(index);
    await this.start(index);
    return ending;
  }

  stopAll(): Promise<Ending[]> {
    return Promise.all(this.replicas.map((_, index) => this.terminate(index)));
  }

  async startAll(): Promise<void> {
    await Promise.all(this.replicas.filter(({ pid }) => pid === undefined).map((replica) => replica.start()));
  }

  private replica(index: number): ContainerReplica {
    const replica = this.replicas[index];
    if (replica) return replica;
    throw new TestingError(
      'NO_SUCH_REPLICA',
      `There is no replica ${index}: there are ${this.replicas.length}, from 0.`,
    );
  }
}
