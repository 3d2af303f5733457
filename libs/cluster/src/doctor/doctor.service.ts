import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { reason, withDeadline } from '@rookery/core';
import { BootError } from '../cluster.errors.js';
import type { ClusterService } from '../cluster.service.js';
import type { Check } from './check.js';
import { printed } from './diagnosis.text.js';
import type { DoctorOptions } from './doctor.options.js';
import type { Diagnosis, Finding } from './finding.js';
import type { Patient } from './patient.js';

/** No check may hold up the rest. */
const CHECK_DEADLINE_MS = 8_000;
/** Replicas come in groups; one look for all of them. */
const SETTLE_MS = 3_000;

/**
 * Finds what is not safe with several replicas, and says how to cure it.
 *
 * @example const { findings } = await doctor.examine();
 */
export class Doctor implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Doctor');
  private readonly told = new Set<string>();
  private nextLook: NodeJS.Timeout | undefined;
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly patient: Patient,
    private readonly cluster: ClusterService,
    private readonly options: DoctorOptions = {},
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.options.strict) this.refuse(await this.examine());
    if (!(this.options.atBoot ?? this.patient.env.NODE_ENV !== 'test')) return;
    this.stopListening = this.cluster.onJoin(() => this.lookIn(SETTLE_MS));
    this.lookIn(0);
  }

  onApplicationShutdown(): void {
    this.stopListening?.();
    clearTimeout(this.nextLook);
  }

  /** Makes all checks now. Never throws: what could not be examined is named. */
  async examine(): Promise<Diagnosis> {
    // Loaded only here: most of it is text.
    const { CHECKS } = await import('./checks.js');
    const unexamined: Diagnosis['unexamined'] = [];
    const findings = await Promise.all(
      CHECKS.map((check) =>
        this.make(check).catch((error: unknown) => {
          unexamined.push({ id: check.id, reason: reason(error) });
          return [];
        }),
      ),
    );
    const { backend, self } = this.patient;
    const { kind, address } = backend;
    const providers = await this.patient.providers();
    return { replicaId: self.id, backend: { kind, address }, providers, findings: findings.flat(), unexamined };
  }

  private async make({ id, severity, why, cure, find }: Check): Promise<Finding[]> {
    const work = Promise.resolve().then(() => find(this.patient));
    const places = await withDeadline(`The check ${id}`, work, { deadlineMs: CHECK_DEADLINE_MS });
    const acknowledged = this.options.acknowledge?.[id];
    return places.map((found) => ({ id, severity, found, why, cure, ...(acknowledged && { acknowledged }) }));
  }

  private lookIn(ms: number): void {
    clearTimeout(this.nextLook);
    this.nextLook = setTimeout(() => void this.look(), ms).unref();
  }

  /** Logs what was not logged before. */
  private async look(): Promise<void> {
    const diagnosis = await this.examine();
    if (this.cluster.draining) return;
    const first = this.told.size === 0;
    const news = diagnosis.findings.filter(({ id, found }) => !this.told.has(`${id} ${found}`));
    for (const { id, found } of news) this.told.add(`${id} ${found}`);
    if (news.length > 0) this.logger.warn(printed({ ...diagnosis, findings: news }));
    else if (first) this.logger.log(printed(diagnosis));
  }

  private refuse(diagnosis: Diagnosis): void {
    const errors = diagnosis.findings.filter(({ severity, acknowledged }) => severity === 'error' && !acknowledged);
    if (errors.length > 0)
      throw new BootError(
        'ROOKERY_DOCTOR',
        `doctor: { strict: true } stops the boot. ${printed({ ...diagnosis, findings: errors })}`,
      );
  }
}
