import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isReady, type Target } from '../balancer/target.js';
import type { Link } from '../links/link.js';
import { GuardedProcess } from '../processes/guarded-process.js';
import { eventually } from '../processes/within.js';
import { TestingError } from '../testing.errors.js';
import { skewedClock } from './clock-skew.js';
import type { ReplicaHandle } from './cluster.js';
import type { ClusterOptions } from './cluster.options.js';

/** One process of the app, and what the load balancer thinks of it. */
export class Replica implements ReplicaHandle, Target {
  readonly id: string;
  readonly url: string;
  readonly process: GuardedProcess;
  readonly servesWeb: boolean;
  healthy = false;

  constructor(
    readonly index: number,
    readonly port: number,
    readonly links: { redis?: Link; postgres?: Link },
    directory: string,
    storeUrls: Record<string, string>,
    private readonly options: ClusterOptions,
  ) {
    const roles = typeof options.roles === 'function' ? options.roles(index) : options.roles;
    this.id = `replica-${index + 1}`;
    this.url = `http://127.0.0.1:${port}`;
    this.servesWeb = roles?.includes('web') ?? true;
    this.process = new GuardedProcess({
      command: process.execPath,
      args: [...this.nodeArgs(), options.entry instanceof URL ? fileURLToPath(options.entry) : options.entry],
      cwd: process.cwd(),
      env: {
        ...ownEnvironment(),
        NODE_ENV: 'production',
        PORT: String(port),
        ROOKERY_BACKEND: options.backend ?? 'postgres',
        ROOKERY_REPLICA_ID: this.id,
        ...(roles && { ROOKERY_ROLES: roles.join(',') }),
        ...storeUrls,
        ...(typeof options.env === 'function' ? options.env(index) : options.env),
      },
      logFile: join(directory, `${this.id}.log`),
    });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** @throws TestingError `START_FAILED` or `START_TIMEOUT`, with the last lines of what it printed. */
  async start(): Promise<void> {
    if (this.process.running) return;
    const { readyPath = '/health/ready', readyTimeoutMs = 60_000 } = this.options;
    this.process.start();
    const answers = async () => !this.process.running || (await isReady(`${this.url}${readyPath}`, 2_000));
    const settled = await eventually(readyTimeoutMs, answers, 50);
    this.healthy = settled && this.process.running;
    if (this.healthy) return;
    const [code, problem] = settled
      ? (['START_FAILED', this.process.ending] as const)
      : (['START_TIMEOUT', `did not answer 200 at ${readyPath} within ${readyTimeoutMs} ms`] as const);
    throw new TestingError(code, `${this.id} ${problem}. It printed:\n${this.process.logs().slice(-3_000)}`);
  }

  private nodeArgs(): string[] {
    const { nodeArgs, clockSkewMs } = this.options;
    const skew = clockSkewMs?.[this.index];
    const own = typeof nodeArgs === 'function' ? nodeArgs(this.index) : nodeArgs;
    return [...(skew ? skewedClock(skew) : []), ...(own ?? [])];
  }
}

/** What any program needs; nothing of the test runner's, nor backends that were meant for this process. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'USER', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'NODE_EXTRA_CA_CERTS'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
