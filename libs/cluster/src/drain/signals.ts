import type { INestApplicationContext } from '@nestjs/common';
import type { DrainCoordinator } from './drain-coordinator.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Begins the drain at the instant of the signal. A second signal ends the process at once, and so does the end of the
 * grace period.
 *
 * @returns takes the listeners away again, unless the process is already leaving
 */
export function drainOnSignals(app: INestApplicationContext, drain: DrainCoordinator): () => void {
  let leaving = false;
  let closed = false;
  const leave = async (cause: string) => {
    await drain.drain({ cause, waitForLoadBalancer: true });
    await drain.disconnect(() => app.close().finally(() => (closed = true)));
  };
  const onSignal = (signal: NodeJS.Signals) => {
    // With enableShutdownHooks(), Nest sends itself the signal again once the app is closed; that is no impatience.
    if (closed) return;
    if (leaving) exit(drain, `a second ${signal}`);
    leaving = true;
    drain.logger.log(`${signal}: this replica is leaving; a second signal ends it at once.`);
    setTimeout(() => exit(drain, 'the end of the grace period'), drain.options.hardExitMs);
    void leave(signal).finally(() => exit(drain));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    if (!leaving) for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

function exit(drain: DrainCoordinator, cutBy?: string): never {
  drain.print(cutBy);
  // Whatever a user's own timers or sockets still hold open: the process must be gone before it is killed.
  process.exit(drain.report().clean && !cutBy ? 0 : 1);
}
