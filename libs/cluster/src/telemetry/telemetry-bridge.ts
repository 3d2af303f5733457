import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { ComposedServices } from '../composed-services.js';
import type { ReplicaRegistry } from '../registry/replica-registry.js';
import { observe } from './gauges.js';
import { bridgeSpans } from './span-bridge.js';

/**
 * Where the API of OpenTelemetry keeps what an SDK has registered. Without one, importing it would be time lost, and
 * listening worse: with a store bound to a channel, Node 20 hooks into every promise of the process.
 */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

/** The channels belong to the process, so two apps in one process must not both listen to them. */
const spans = { users: 0, stop: undefined as (() => void) | undefined };

/** Hands what the modules report to OpenTelemetry, where an SDK has registered itself. Without one nothing happens. */
export class TelemetryBridge implements OnApplicationBootstrap, OnApplicationShutdown {
  private active = false;

  constructor(
    private readonly registry: ReplicaRegistry,
    private readonly services: ComposedServices,
  ) {}

  /** After all modules have started: whatever SDK the app uses is there by now. */
  async onApplicationBootstrap(): Promise<void> {
    if (!(REGISTERED in globalThis)) return;
    const api = await import('@opentelemetry/api').catch(() => undefined);
    if (!api) return;
    this.active = true;
    if (spans.users++ === 0) spans.stop = bridgeSpans(api);
    observe(api.metrics.getMeter('rookery'), this.registry, this.services);
  }

  onApplicationShutdown(): void {
    if (!this.active) return;
    this.active = false;
    if (--spans.users === 0) spans.stop?.();
  }
}
