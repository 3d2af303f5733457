/** How bad a finding is: an `error` breaks the app as soon as it has two replicas (or has), a `warning` may. */
export type Severity = 'error' | 'warning';

/** Something that is not safe with several replicas. */
export interface Finding {
  /** Stable, e.g. `RK003`; to look up, to acknowledge. */
  id: string;
  severity: Severity;
  /** Where: the class, module, option or setting. */
  found: string;
  /** What goes wrong with N replicas. */
  why: string;
  cure: string;
  /** The reason why the app accepts it, from the options. */
  acknowledged?: string;
}

/** What the doctor saw. */
export interface Diagnosis {
  replicaId: string;
  /** The store behind the app, without secrets. */
  backend: { kind: string; address: string };
  /** Which kind of store each composed module really uses. */
  providers: Record<string, string>;
  findings: Finding[];
  /** Checks that could not be made, and why. */
  unexamined: { id: string; reason: string }[];
}
