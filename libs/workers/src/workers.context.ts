import { ReplicaIdentity, type Backend, type Bus } from '@rookery/core';
import { Scheduler } from './scheduler/scheduler.js';
import type { WorkersDriver } from './workers.driver.js';
import { workersDriverFor } from './workers.drivers.js';
import { checkedModuleOptions, type WorkersModuleOptions } from './workers.options.js';

/** What the parts of WorkersModule share. */
export interface WorkersContext {
  driver: WorkersDriver;
  bus: Bus;
  /** The channel on which replicas tell each other that something changed. */
  channel: string;
  scheduler: Scheduler;
  replica: string;
  /** `<namespace>/<application>`. */
  application: string;
  /** Whether this replica runs tasks. */
  enabled: boolean;
  settings: ReturnType<typeof checkedModuleOptions>;
  /** Wakes all replicas, so that they need not wait for their next heartbeat. */
  announce: () => void;
}

export const WORKERS_CONTEXT = Symbol('rookery:workers:context');

/** @throws InvalidInputError for options that cannot be */
export async function createContext(
  backend: Backend,
  options: WorkersModuleOptions,
  identity = new ReplicaIdentity(),
): Promise<WorkersContext> {
  const settings = checkedModuleOptions(options);
  const driver = await workersDriverFor(backend, settings);
  const replica = identity.id;
  const application = `${backend.namespace}/${settings.application}`;
  const channel = `workers:${settings.application}`;
  return {
    driver,
    bus: backend.bus,
    channel,
    scheduler: new Scheduler(driver, { ...settings, replica, application }),
    application,
    replica,
    enabled: options.enabled ?? identity.has('workers'),
    settings,
    // A lost word costs one heartbeat.
    announce: () => void backend.bus.publish(channel, replica).catch(() => undefined),
  };
}
