import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { freshKey, grant, permit, shared, type LockSuite } from './lock-suite.js';

/** What operators see. */
export function inspectionContract(suite: LockSuite): void {
  describe('inspect and list', () => {
    it('tell who holds what', async () => {
      const mine = await suite.take(permit(freshKey(), 4, 2));
      await suite.one.acquire(permit(mine.keys[0], 4, 3), 0);
      const record = await suite.other.inspect(mine.keys[0]);
      expect(record).toMatchObject({
        key: mine.keys[0],
        mode: 'permits',
        permits: 4,
        holders: [{ owner: mine.owner, weight: 2, token: mine.token }],
        waiters: 1,
      });
      expect(record!.holders[0].expiresInMs).toBeGreaterThan(0);
      expect(record!.holders[0].expiresInMs).toBeLessThanOrEqual(30_000);
      const alone = await suite.take(grant(freshKey()));
      expect(await suite.other.inspect(alone.keys[0])).toMatchObject({
        mode: 'exclusive',
        permits: 1,
        holders: [{ owner: alone.owner, weight: 1, token: alone.token }],
        waiters: 0,
      });
    });

    it('know nothing of a key that nobody holds', async () => {
      const mine = await suite.take(shared(freshKey()));
      await suite.one.release(mine);
      expect(await suite.one.inspect(mine.keys[0])).toBeNull();
      expect(await suite.one.list(mine.keys[0], 10)).toEqual([]);
    });

    it('find keys by how they begin, with nothing in them taken for a pattern', async () => {
      const prefix = `list[*]?{%}${randomUUID()}:`;
      const [b, a] = [await suite.take(grant(`${prefix}b`)), await suite.take(shared(`${prefix}a`))];
      await suite.take(grant(`list*${prefix}`));
      expect(await suite.one.list(prefix, 10)).toEqual([a.keys[0], b.keys[0]]);
      expect(await suite.one.list(prefix, 1)).toEqual([a.keys[0]]);
    });
  });
}
