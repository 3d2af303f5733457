/** How one part of the drain ended. */
export interface DrainStep {
  phase: string;
  name: string;
  outcome: 'finished' | 'failed' | 'cut';
  tookMs: number;
  /** Why it failed. */
  reason?: string;
}

/** What finished and what was cut while the replica left. */
export interface DrainReport {
  /** The signal, or what else began the drain. */
  cause: string;
  tookMs: number;
  steps: DrainStep[];
}

/** One line per part that did not finish, after a line that sums up. */
export function printed({ cause, tookMs, steps }: DrainReport): string {
  const bad = steps.filter(({ outcome }) => outcome !== 'finished');
  const sum = `Drained after ${cause} in ${tookMs} ms: ${steps.length - bad.length} finished, ${bad.length} cut or failed.`;
  const lines = bad.map(
    (step) =>
      `  ${step.phase} / ${step.name}: ${step.outcome} after ${step.tookMs} ms${step.reason ? ` (${step.reason})` : ''}`,
  );
  return [sum, ...lines].join('\n');
}
