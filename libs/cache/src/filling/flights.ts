import type { InvalidationLog } from '../invalidation/invalidation-log.js';
import type { Outcome } from './outcome.js';

/** A fill under way: the answer for callers, and the end up to which others may join. */
export interface Flight {
  answer: Promise<Outcome>;
  done: Promise<unknown>;
}

/** One fill per key in this process, however many ask. */
export class Flights {
  private readonly flying = new Map<string, Flight & { since: number }>();

  constructor(private readonly log: InvalidationLog) {}

  /** Joins the fill under way, unless an invalidation came after its begin: it may bring the old value. */
  async join(name: string, start: () => Flight): Promise<Outcome> {
    const current = this.flying.get(name);
    if (!current || !this.log.isTrusted(current.since) || !this.log.isKeyFresh(name, current.since))
      return this.launch(name, start);
    const outcome = await current.answer;
    // Only now it is known which tags the value has.
    return this.log.areVersionsFresh(outcome.versions, current.since) ? outcome : this.relaunch(name, current, start);
  }

  has(name: string): boolean {
    return this.flying.has(name);
  }

  /** The first of those who joined a spoilt flight starts the next; the others join that one. */
  private relaunch(name: string, spoilt: Flight, start: () => Flight): Promise<Outcome> {
    const current = this.flying.get(name);
    return current && current !== spoilt ? current.answer : this.launch(name, start);
  }

  private launch(name: string, start: () => Flight): Promise<Outcome> {
    const since = this.log.now();
    const flight = { since, ...start() };
    this.flying.set(name, flight);
    const land = () => {
      if (this.flying.get(name) === flight) this.flying.delete(name);
    };
    flight.answer.catch(() => undefined);
    flight.done.then(land, land);
    return flight.answer;
  }
}
