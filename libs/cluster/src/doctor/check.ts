import type { Severity } from './finding.js';
import type { Patient } from './patient.js';

/** One thing that the doctor looks for. */
export interface Check {
  /** Never reused for something else. */
  id: string;
  severity: Severity;
  why: string;
  cure: string;

  /** Where it was found; empty when all is well. A throw means that it could not be examined. */
  find(patient: Patient): string[] | Promise<string[]>;
}
