/** Options of the health endpoints. */
export interface HealthOptions {
  /** Where they are; no global prefix, guard or version applies there. @default '/health' */
  path?: string;
  /** Milliseconds that the store may take to answer `/ready`. @default 1000 */
  timeoutMs?: number;
}
