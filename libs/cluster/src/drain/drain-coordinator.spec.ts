import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { DrainCoordinator } from './drain-coordinator.js';
import { checkedDrainOptions, type DrainOptions } from './drain.options.js';

const bySignal = { cause: 'SIGTERM', waitForLoadBalancer: true };
const coordinator = (options: DrainOptions = {}) => new DrainCoordinator(checkedDrainOptions(options, 'test'));
const outcomes = (drain: DrainCoordinator) =>
  drain.report().steps.map(({ phase, name, outcome }) => `${phase} ${name} ${outcome}`);

describe('DrainCoordinator', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('runs the phases in order, HTTP between sockets and work, connections last', async () => {
    const drain = coordinator();
    const order: string[] = [];
    const note = (text: string) => async () => void order.push(text);
    drain.register('connections', 'a', note('connections'));
    drain.register('work', 'b', note('work'));
    drain.register('sockets', 'c', note('sockets'));
    drain.register('intake', 'd', note('intake'));
    drain.serve({ turnAway: () => order.push('turn away'), finish: note('requests') });
    await drain.drain(bySignal);
    await drain.disconnect(note('shutdown hooks'));
    expect(order).toEqual(['turn away', 'intake', 'sockets', 'requests', 'work', 'shutdown hooks', 'connections']);
    expect(drain.report()).toMatchObject({ cause: 'SIGTERM', clean: true });
  });

  it('is draining at once, before any part has run', () => {
    const drain = coordinator();
    let seen: boolean | undefined;
    drain.register('intake', 'sees', async () => void (seen = drain.draining));
    expect(drain.draining).toBe(false);
    void drain.drain(bySignal);
    expect([drain.draining, seen]).toEqual([true, undefined]);
  });

  it('goes on past a part that throws, rejects or never settles, and reports each', async () => {
    const drain = coordinator({ workMs: 20 });
    drain.register('intake', 'throws', () => {
      throw new Error('broken');
    });
    drain.register('intake', 'rejects', () => Promise.reject(new Error('no')));
    drain.register('work', 'hangs', () => new Promise(() => undefined));
    drain.register(
      'work',
      'obeys',
      (budget) => new Promise((resolve) => budget.addEventListener('abort', () => resolve())),
    );
    await drain.drain(bySignal);
    expect(outcomes(drain)).toEqual([
      'intake throws failed',
      'intake rejects failed',
      'work hangs cut',
      'work obeys finished',
    ]);
    const { steps, clean } = drain.report();
    expect(steps.map((step) => step.reason)).toEqual(['broken', 'no', 'it did not settle', undefined]);
    expect(clean).toBe(false);
  });

  it('runs once, however often it is asked', async () => {
    const drain = coordinator();
    let runs = 0;
    drain.register('work', 'counts', async () => void runs++);
    await Promise.all([drain.drain(bySignal), drain.drain({ cause: 'again', waitForLoadBalancer: false })]);
    await drain.drain(bySignal);
    expect([runs, drain.report().cause]).toEqual([1, 'SIGTERM']);
  });

  it('tells a part when its budget is used up, and why', async () => {
    const drain = coordinator({ socketsMs: 5 });
    let why: unknown;
    drain.register(
      'sockets',
      'listens',
      (budget) =>
        new Promise((_, reject) => {
          budget.addEventListener('abort', () => reject((why = budget.reason) as Error));
        }),
    );
    await drain.drain(bySignal);
    expect(why).toMatchObject({ message: 'the sockets budget of 5 ms is used up' });
    expect(outcomes(drain)).toEqual(['sockets listens cut']);
  });
});

describe('drain options', () => {
  it('fit into the grace period of Kubernetes by default', () => {
    const { totalMs, hardExitMs } = checkedDrainOptions({}, 'production');
    expect(totalMs).toBeLessThanOrEqual(hardExitMs);
  });

  it('refuse what is no duration', () => {
    expect(() => checkedDrainOptions({ workMs: -1 })).toThrow('drain.workMs is -1');
    expect(() => checkedDrainOptions({ graceMs: Number.NaN })).toThrow('drain.graceMs is NaN');
  });
});
