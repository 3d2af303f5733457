import type { LoadBalancer } from '../balancer/load-balancer.js';
import type { Ending } from '../processes/guarded-process.js';
import { TestingError } from '../testing.errors.js';
import type { ClusterStores } from './cluster-stores.js';
import type { Cluster } from './cluster.js';
import type { BackendName, ClusterOptions } from './cluster.options.js';
import type { Replica } from './replica.js';

/** A cluster of processes on this machine. */
export class LocalCluster implements Cluster {
  readonly url: string;
  readonly backend: BackendName;

  constructor(
    private readonly options: ClusterOptions,
    readonly replicas: readonly Replica[],
    private readonly stores: ClusterStores,
    balancer: LoadBalancer,
    readonly stop: () => Promise<void>,
  ) {
    this.url = `http://127.0.0.1:${balancer.port}`;
    this.backend = options.backend ?? 'postgres';
  }

  get redis() {
    return this.stores.redis;
  }

  get postgres() {
    return this.stores.postgres;
  }

  async kill(index: number): Promise<void> {
    await this.replica(index).process.stop('SIGKILL', 0);
  }

  async pause(index: number): Promise<void> {
    this.replica(index).process.freeze();
  }

  async resume(index: number): Promise<void> {
    this.replica(index).process.thaw();
  }

  terminate(index: number): Promise<Ending> {
    return this.replica(index).process.stop('SIGTERM', this.options.stopGraceMs ?? 35_000);
  }

  start(index: number): Promise<void> {
    return this.replica(index).start();
  }

  async restart(index: number): Promise<Ending> {
    const ending = await this.terminate(index);
    await this.start(index);
    return ending;
  }

  stopAll(): Promise<Ending[]> {
    return Promise.all(this.replicas.map(({ index }) => this.terminate(index)));
  }

  async startAll(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.start()));
  }

  logs(index: number): string {
    return this.replica(index).process.logs();
  }

  private replica(index: number): Replica {
    const replica = this.replicas[index];
    if (replica) return replica;
    const last = this.replicas.length - 1;
    throw new TestingError('NO_SUCH_REPLICA', `There is no replica ${index}: they are counted from 0 to ${last}.`);
  }
}
