import type { INestApplicationContext } from '@nestjs/common';
import type { DrainCoordinator } from './drain-coordinator.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Begins the drain at the instant of the signal. A second signal ends the process at once, and so does the end of the
 * grace period.
 *
 * @returns takes the listeners away again
 */
export function drainOnSignals(app: INestApplicationContext, drain: DrainCoordinator): () => void {
  let leaving = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (leaving) return exit(drain, 1);
    leaving = true;
    setTimeout(() => exit(drain, 1), drain.options.hardExitMs);
    void leave(app, drain, signal).then(
      () => exit(drain, 0),
      () => exit(drain, 1),
    );
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

async function leave(app: INestApplicationContext, drain: DrainCoordinator, cause: string): Promise<void> {
  await drain.drain({ cause, waitForLoadBalancer: true });
  await drain.disconnect(() => app.close());
}

function exit(drain: DrainCoordinator, code: number): never {
  drain.print();
  process.exit(code);
}
