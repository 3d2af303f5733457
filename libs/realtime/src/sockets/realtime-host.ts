import type { Bus } from '@rookery/core';
import type { RealtimeDriver } from '../realtime.driver.js';
import type { CheckedOptions } from '../realtime.options.js';
import type { PresenceChange } from '../presence/roster.js';
import type { Tickets } from './tickets.js';

/** What the adapters of all namespaces of an app share. */
export interface RealtimeHost {
  readonly driver: RealtimeDriver;
  readonly bus: Bus;
  readonly options: CheckedOptions;
  /** This process among the replicas. */
  readonly replica: string;
  /** Resolves when the store is connected, with what needs it. */
  readonly opened: Promise<void>;
  readonly tickets: Tickets;
  /** The store's clock, in milliseconds. */
  storeNow(): number;
  onPresence(nsp: string, change: PresenceChange): void;
  /** Something that an operator should know. */
  warn(message: string): void;
}
