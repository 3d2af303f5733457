/**
 * The phases of leaving the cluster that a module can take part in, in the order they run:
 * `intake` stop taking new work and give up leadership (HTTP still serves) · `sockets` ask clients to go elsewhere ·
 * `work` finish what runs, or give it back (HTTP is closed) · `connections` let go of the stores.
 */
export type DrainPhase = 'intake' | 'sockets' | 'work' | 'connections';

/**
 * Where modules say what they do while the replica drains. `ClusterModule` provides it and runs the phases from the
 * instant SIGTERM arrives; without it each module does the same in Nest's own shutdown hooks.
 */
export interface DrainRegistry {
  /**
   * @param run must be safe to call twice; `budget` aborts when the phase's time is up
   */
  register(phase: DrainPhase, name: string, run: (budget: AbortSignal) => Promise<void>): void;
}

/** Injects the {@link DrainRegistry}; optional, present with ClusterModule. */
export const DRAIN = 'ROOKERY_DRAIN';
