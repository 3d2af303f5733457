import { isReady } from '../balancer/target.js';
import type { ReplicaHandle } from '../cluster/cluster.js';
import type { Ending } from '../processes/guarded-process.js';
import { eventually } from '../processes/within.js';
import { TestingError } from '../testing.errors.js';
import { docker, dockerLogs, inspect, type ContainerState } from './docker.js';

const KILLED = 137; // 128 + SIGKILL

/** One container of the app. */
export class ContainerReplica implements ReplicaHandle {
  readonly links = {};
  private state: ContainerState = { pid: 0, ip: '', exitCode: 0 };

  constructor(
    readonly id: string,
    private readonly container: string,
    private readonly readyPath: string,
    private readonly readyTimeoutMs: number,
  ) {}

  get url(): string {
    return `http://${this.state.ip}:3000`;
  }

  get pid(): number | undefined {
    return this.state.pid || undefined;
  }

  async start(): Promise<void> {
    await docker(['start', this.container]);
    await this.refresh();
    if (await eventually(this.readyTimeoutMs, () => isReady(`${this.url}${this.readyPath}`, 2_000), 100)) return;
    const problem = `does not answer 200 at ${this.readyPath} within ${this.readyTimeoutMs} ms`;
    throw new TestingError('START_TIMEOUT', `${this.id} ${problem}. It printed:\n${this.logs().slice(-3_000)}`);
  }

  async kill(): Promise<void> {
    await docker(['kill', this.container]);
    await this.refresh();
  }

  async terminate(graceMs: number): Promise<Ending> {
    await docker(['stop', '--time', String(Math.ceil(graceMs / 1000)), this.container]);
    await this.refresh();
    const forced = this.state.exitCode === KILLED;
    return { code: forced ? null : this.state.exitCode, signal: forced ? 'SIGKILL' : null, forced };
  }

  pause = async (): Promise<void> => void (await docker(['pause', this.container]));
  resume = async (): Promise<void> => void (await docker(['unpause', this.container]));
  logs = (): string => dockerLogs(this.container);

  async refresh(): Promise<void> {
    this.state = await inspect(this.container);
  }
}
