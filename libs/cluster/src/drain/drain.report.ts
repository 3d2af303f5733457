/** How one part of the drain ended. */
export interface DrainStep {
  phase: string;
  name: string;
  outcome: 'finished' | 'failed' | 'cut';
  tookMs: number;
  /** Why it did not finish. */
  reason?: string;
}

/** What finished and what was cut while the replica left. */
export interface DrainReport {
  /** The signal, or what else began the drain. */
  cause: string;
  tookMs: number;
  steps: DrainStep[];
  /** Whether everything finished. */
  clean: boolean;
}

/** A line that sums up, then one per part that did not finish. */
export function printed({ cause, tookMs, steps }: DrainReport, cutBy?: string): string {
  const bad = steps.filter(({ outcome }) => outcome !== 'finished');
  const end = cutBy ? `ended by ${cutBy} after` : 'drained in';
  const sum = `Left the cluster after ${cause}, ${end} ${tookMs} ms: ${steps.length - bad.length} parts finished, ${bad.length} did not.`;
  return [sum, ...bad.map(line)].join('\n');
}

function line({ phase, name, outcome, tookMs, reason }: DrainStep): string {
  return `  ${phase}: "${name}" ${outcome} after ${tookMs} ms${reason ? ` (${reason})` : ''}`;
}
