import { reason, RookeryError } from '@rookery/core';
import type { ComposedServices } from '../composed-services.js';

/** How an action ended: the status of the answer, and what to tell. */
export interface ActionResult {
  status: number;
  message: string;
}

const VERBS = ['runNow', 'pause', 'resume'] as const;

/** What the page's buttons do. */
export class DashboardActions {
  constructor(private readonly services: ComposedServices) {}

  /** @param body what the browser sent; anything may be in it */
  async perform(body: unknown): Promise<ActionResult> {
    const { action, task } = (body ?? {}) as { action?: unknown; task?: unknown };
    const verb = VERBS.find((known) => known === action);
    if (!verb || typeof task !== 'string' || task === '')
      return { status: 400, message: `An action is one of ${VERBS.join(', ')}, with the name of a task.` };
    const { workers } = this.services;
    if (!workers) return { status: 404, message: 'This app has no workers module.' };
    try {
      await workers[verb](task);
      return {
        status: 200,
        message: `${verb === 'runNow' ? 'Asked for a run of' : verb === 'pause' ? 'Paused' : 'Resumed'} "${task}".`,
      };
    } catch (error) {
      return { status: error instanceof RookeryError ? 409 : 500, message: reason(error) };
    }
  }
}
