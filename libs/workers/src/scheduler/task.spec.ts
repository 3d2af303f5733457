import { describe, expect, it } from 'vitest';
import type { TaskState } from '../workers.driver.js';
import { checkedPolicy } from '../workers.options.js';
import { Task } from './task.js';

const NOW = 1_000_000;

const KNOWN = { name: 'feed', cursor: 5, paused: false, active: 0, failures: 0 };
const NEVER = { slot: null, startedAt: null, finishedAt: null };

function newTask(): Task {
  const definition = { name: 'feed', kind: 'worker', schedule: '{}', source: 'code' } as const;
  return new Task({ definition, policy: checkedPolicy('feed', {}), label: 'Feed.run', execute: () => undefined });
}

function worker(state: Partial<TaskState>) {
  const task = newTask();
  task.learn({ ...KNOWN, ...NEVER, readAt: NOW, ...state });
  return task.plan(NOW, 0)!;
}

describe('a worker', () => {
  it('is due as soon as it runs nowhere', () => {
    expect(worker({})).toMatchObject({ claim: true, slot: NOW, at: NOW });
    expect(worker({ active: 1 })).toMatchObject({ claim: false });
    expect(worker({ paused: true })).toEqual({ claim: false, at: Infinity });
  });

  it('starts again after a second, after failures later, but never later than half a minute', () => {
    const ended = { startedAt: NOW - 100, finishedAt: NOW };
    expect(worker(ended).at).toBe(NOW + 1_000);
    expect(worker({ ...ended, failures: 2 }).at).toBe(NOW + 4_000);
    expect(worker({ ...ended, failures: 50 }).at).toBe(NOW + 30_000);
  });

  it('starts again soon when it had lived for long, however often it failed before', () => {
    expect(worker({ startedAt: NOW - 3_600_000, finishedAt: NOW, failures: 50 }).at).toBe(NOW + 1_000);
  });

  it('believes an answer of a store whose clock was set back, but not one that was overtaken', () => {
    const task = newTask();
    const state = { ...KNOWN, ...NEVER };
    task.learn({ ...state, cursor: 7, readAt: NOW });
    task.learn({ ...state, cursor: 6, readAt: NOW - 1_000 });
    expect(task.cursor).toBe(7);
    task.learn({ ...state, cursor: 8, readAt: NOW - 60_000 });
    expect(task.cursor).toBe(8);
  });
});
