import { reason, withDeadline, type Backend } from '@rookery/core';
import type { OpenContainer } from '@rookery/blob';
import type { RealtimeService } from '@rookery/realtime';
import type { ClusterService } from '../cluster.service.js';
import type { ComposedServices } from '../composed-services.js';
import type { Doctor } from '../doctor/doctor.service.js';
import type { Finding } from '../doctor/finding.js';

const SECTION_DEADLINE_MS = 1_500;
/** The doctor asks the stores many things; the page asks every two seconds. */
const DIAGNOSIS_FRESH_MS = 30_000;
const LOCKS_SHOWN = 100;
const ROOMS_SHOWN = 20;
const USERS_SHOWN = 10;

/** Everything that the page shows. */
export type Overview = Record<string, unknown>;

/** Gathers what the page shows; a part that does not answer is an error of that part only. */
export class ClusterOverview {
  private diagnosed = { at: -Infinity, findings: Promise.resolve<Finding[]>([]) };

  constructor(
    private readonly backend: Backend,
    private readonly cluster: ClusterService,
    private readonly services: ComposedServices,
    private readonly doctor: Doctor,
  ) {}

  async gather(): Promise<Overview> {
    const { locks, cache, blobs, jobs, workers, realtime } = this.services;
    const { kind, address, namespace, bus } = this.backend;
    const sections = await Promise.all([
      section('replicas', () => this.cluster.replicas()),
      section('tasks', () => workers?.list()),
      section('locks', () => locks?.list('', LOCKS_SHOWN)),
      section('queues', () => jobs?.stats()),
      section('cache', () => cache && { ...cache.stats(), ...cache.health() }),
      section('blobs', async () => (await blobs?.opened())?.map(containerShown)),
      section('realtime', () => realtime?.status()),
      section('rooms', () => realtime && roomsOf(realtime)),
      section('findings', () => this.findings()),
    ]);
    return {
      self: this.cluster.self.id,
      backend: { kind, address, namespace, connected: bus.connected },
      ...Object.fromEntries(sections),
    };
  }

  private findings(): Promise<Finding[]> {
    if (performance.now() - this.diagnosed.at > DIAGNOSIS_FRESH_MS)
      this.diagnosed = { at: performance.now(), findings: this.doctor.examine().then(({ findings }) => findings) };
    return this.diagnosed.findings;
  }
}

function containerShown({ name, driver, options }: OpenContainer) {
  const { maxBytes, contentTypes } = options;
  return { name, kind: driver.kind, address: driver.address, maxBytes, contentTypes };
}

/** The rooms of this replica, with their users from the whole cluster. */
function roomsOf(realtime: RealtimeService) {
  return Promise.all(
    realtime.rooms(ROOMS_SHOWN).map(async (room) => {
      const users = realtime.options.presence ? await realtime.of(room.namespace).presence(room.room) : [];
      return { ...room, userCount: users.length, users: users.toSorted().slice(0, USERS_SHOWN) };
    }),
  );
}

/** `undefined` leaves a module out that the app does not have. */
async function section(name: string, look: () => unknown): Promise<[string, unknown]> {
  const work = Promise.resolve().then(look);
  const content = await withDeadline(`Looking at the ${name}`, work, { deadlineMs: SECTION_DEADLINE_MS }).catch(
    (error: unknown) => ({ error: reason(error) }),
  );
  return [name, content];
}
