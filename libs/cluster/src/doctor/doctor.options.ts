import type { Access } from '../http/access.js';

/** Options of the doctor. */
export interface DoctorOptions {
  /** Whether it looks at boot and when replicas join, and logs what it finds. @default true, but false with NODE_ENV=test */
  atBoot?: boolean;
  /** Lets an error that nobody acknowledged stop the boot. @default false */
  strict?: boolean;
  /**
   * Findings that this app accepts, by id, with the reason. They are still shown, but stop no boot.
   *
   * @example { RK007: 'the limit is per replica on purpose' }
   */
  acknowledge?: Record<string, string>;
  /** Who may read `/health/doctor`. @default everybody with NODE_ENV=development, nobody otherwise */
  access?: Access;
}
