import { checkMs } from '@rookery/core';

/** How long each phase of leaving may take, in milliseconds. */
export interface DrainBudgets {
  /** Stop taking jobs, runs and leadership. Runs while the load balancer is waited for. @default 5000 */
  intakeMs: number;
  /** How long HTTP goes on serving while load balancers notice that this replica is not ready. @default 5000; 0 in development and tests */
  loadBalancerMs: number;
  /** Ask socket clients to go elsewhere. @default 6000 */
  socketsMs: number;
  /** Requests under way. @default 5000 */
  requestsMs: number;
  /** Jobs and runs under way: finish, or give back. @default 8000 */
  workMs: number;
  /** Nest's own shutdown hooks and the connections. @default 3000 */
  connectionsMs: number;
}

/** Options of leaving the cluster. */
export interface DrainOptions extends Partial<DrainBudgets> {
  /** How long the platform waits between SIGTERM and SIGKILL; this process is gone before. @default 30000, as Kubernetes */
  graceMs?: number;
}

/** What stays between the hard exit and the end of the grace period. */
const MARGIN_MS = 500;

export interface CheckedDrainOptions {
  graceMs: number;
  /** From the signal to the hard exit. */
  hardExitMs: number;
  budgets: DrainBudgets;
  /** The longest that all phases take together. */
  totalMs: number;
}

/** @throws InvalidInputError naming the option */
export function checkedDrainOptions(options: DrainOptions = {}, env = process.env.NODE_ENV): CheckedDrainOptions {
  const graceMs = checkMs('drain.graceMs', options.graceMs ?? 30_000, 1_000);
  const isLocal = env === 'development' || env === 'test';
  const budgets: DrainBudgets = {
    intakeMs: checkMs('drain.intakeMs', options.intakeMs ?? 5_000),
    loadBalancerMs: checkMs('drain.loadBalancerMs', options.loadBalancerMs ?? (isLocal ? 0 : 5_000)),
    socketsMs: checkMs('drain.socketsMs', options.socketsMs ?? 6_000),
    requestsMs: checkMs('drain.requestsMs', options.requestsMs ?? 5_000),
    workMs: checkMs('drain.workMs', options.workMs ?? 8_000),
    connectionsMs: checkMs('drain.connectionsMs', options.connectionsMs ?? 3_000),
  };
  const { intakeMs, loadBalancerMs, socketsMs, requestsMs, workMs, connectionsMs } = budgets;
  const totalMs = Math.max(intakeMs, loadBalancerMs) + socketsMs + requestsMs + workMs + connectionsMs;
  return { graceMs, hardExitMs: graceMs - MARGIN_MS, budgets, totalMs };
}
