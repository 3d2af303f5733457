import type { BackendKind } from '@rookery/core';
import { LockModule, LockService } from '@rookery/lock';
import { clashesIn, testLocks, visitAtRandom, type LockVisit } from '@rookery/lock/testing';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { randomOf } from '../chaos/report.js';

describe.each<BackendKind>(['memory', 'redis', 'postgres'])('locks in every mode at once on %s', (kind) => {
  const backends = backendsOf(kind);

  it('never let two in who must not meet, and leave nothing behind', async () => {
    const namespace = freshNamespace();
    const apps = await Promise.all(
      [1, 2].map(() =>
        Test.createTestingModule({ imports: [LockModule.forRoot({ backend: backends(namespace) })] }).compile(),
      ),
    );
    await Promise.all(apps.map((app) => app.init()));
    const visits: LockVisit[] = [];
    const tasks = Array.from({ length: 30 }, (_, task) =>
      visitAtRandom(apps[task % 2].get(LockService), {
        visits: 8,
        random: randomOf(`lock-modes-${task}`),
        onVisit: (visit) => visits.push(visit),
      }),
    );
    await Promise.all(tasks);
    expect(clashesIn(visits)).toEqual([]);
    expect(visits.length).toBeGreaterThan(240);
    expect(await apps[0].get(LockService).list()).toEqual([]);
    await Promise.all(apps.map((app) => app.close()));
  });
});

describe('the checker', () => {
  const visit = (mode: LockVisit['mode'], from: number, to: number, weight = 1): LockVisit => {
    return { key: 'k', mode, permits: 3, weight, token: 1, from, to };
  };

  it('sees a reader beside a writer, two writers, and more than there are permits', () => {
    expect(clashesIn([visit('exclusive', 0, 5), visit('shared', 4, 6)])).toHaveLength(1);
    expect(clashesIn([visit('shared', 0, 5), visit('exclusive', 4, 6)])).toHaveLength(1);
    expect(clashesIn([visit('exclusive', 0, 5), visit('exclusive', 4, 6)])).toHaveLength(1);
    expect(clashesIn([visit('permits', 0, 5, 2), visit('permits', 1, 5, 2)])).toHaveLength(1);
    expect(
      clashesIn([visit('exclusive', 0, 5), visit('exclusive', 5, 6), visit('shared', 7, 9), visit('shared', 8, 9)]),
    ).toEqual([]);
    expect(clashesIn([visit('permits', 0, 5, 2), visit('permits', 1, 5, 1)])).toEqual([]);
  });
});

describe('testLocks', () => {
  it('is a LockService without an app', async () => {
    const locks = testLocks();
    await using _held = await locks.acquire('key');
    expect(await locks.tryAcquire('key')).toBeNull();
  });
});
