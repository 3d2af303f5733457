import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Backend } from '@rookery/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseBatch, type Batch } from '../log/batch.js';
import { channelOf, type LogEntry, type RealtimeDriver } from '../realtime.driver.js';

/** What the suite needs of whoever runs it. */
export interface RealtimeContractHost {
  /** A further, unopened driver on the same store, as another replica would have it. */
  create(limits: { size: number; ms: number }): RealtimeDriver | Promise<RealtimeDriver>;
  /** The store's bus, from the same backend as the drivers or another on the same store. */
  backend(): Backend;
}

const WAIT = { timeout: 15_000 };

/** What every {@link RealtimeDriver} must do. Run it for a driver of your own. */
export function realtimeDriverContract(name: string, host: RealtimeContractHost): void {
  describe(`realtime driver contract: ${name}`, () => {
    let one: RealtimeDriver;
    let other: RealtimeDriver;
    let backend: Backend;

    beforeAll(async () => {
      backend = host.backend();
      [one, other] = await Promise.all([
        host.create({ size: 5, ms: 60_000 }),
        host.create({ size: 5, ms: 60_000 }),
        backend.open(),
      ]);
      await Promise.all([one.open(), other.open()]);
    });
    afterAll(async () => {
      await Promise.all([one.close(), other.close(), backend.close()]);
    });

    const freshNsp = () => `/nsp-${randomUUID()}`;
    const freshPublisher = () => randomUUID().slice(0, 16);
    const entry = (seq: number, ...rooms: string[]): LogEntry => ({ seq, rooms, body: JSON.stringify([seq]) });
    const bodies = (entries: { body: string }[]) => entries.map(({ body }) => (JSON.parse(body) as [number])[0]);

    describe('the log', () => {
      it('gives everything that came after a position, in order and each once', async () => {
        const nsp = freshNsp();
        const publisher = freshPublisher();
        const start = await one.head(nsp);
        await one.append(nsp, publisher, [entry(1, 'a'), entry(2, 'b', 'a')]);
        await other.append(nsp, freshPublisher(), [entry(3, 'a'), entry(4, 'c'), entry(5)]);
        const { head, intact, lost, entries } = await other.since(nsp, start, ['a', 'b']);
        expect(intact).toBe(true);
        expect(lost).toEqual([]);
        const unique = [...new Map(entries.map((stored) => [stored.offset, stored])).values()];
        unique.sort((a, b) => a.offset - b.offset);
        expect(bodies(unique)).toEqual([1, 2, 3]);
        expect(unique[0].publisher).toBe(publisher);
        expect(head.offset).toBeGreaterThan(unique[2].offset);
        expect((await one.since(nsp, head, ['a', 'b', 'c'])).entries).toEqual([]);
      });

      it('publishes what it appends, each batch telling where the one before ended', async () => {
        const nsp = freshNsp();
        const start = await one.head(nsp);
        const batches: Batch[] = [];
        const stop = await backend.bus.subscribe(channelOf(nsp), (text) => batches.push(parseBatch(text)!));
        const [p, q] = [freshPublisher(), freshPublisher()];
        await Promise.all(
          Array.from({ length: 20 }, async (_, index) => {
            await one.append(nsp, `${p}${index}`, [entry(1, 'a'), entry(2)]);
            await other.append(nsp, `${q}${index}`, [entry(1, 'b')]);
          }),
        );
        await vi.waitFor(() => expect(batches).toHaveLength(40), WAIT);
        let at = start.offset;
        for (const batch of batches) {
          expect(batch.previous).toBe(at);
          expect(batch.first).toBeGreaterThan(at);
          at = batch.first + batch.bodies.length - 1;
        }
        expect(at).toBe((await one.head(nsp)).offset);
        await stop();
      });

      it('publishes messages that are too long for a notification', async () => {
        const nsp = freshNsp();
        await one.head(nsp);
        const batches: Batch[] = [];
        const stop = await backend.bus.subscribe(channelOf(nsp), (text) => batches.push(parseBatch(text)!));
        const body = JSON.stringify(['ü'.repeat(20_000)]);
        await one.append(nsp, freshPublisher(), [{ seq: 1, rooms: ['a'], body }]);
        await vi.waitFor(() => expect(batches).toHaveLength(1), WAIT);
        expect(JSON.stringify(batches[0].bodies[0])).toBe(body);
        await stop();
      });

      it('appends a batch once, however often it is sent', async () => {
        const nsp = freshNsp();
        const publisher = freshPublisher();
        const start = await one.head(nsp);
        await one.append(nsp, publisher, [entry(1, 'a'), entry(2, 'a')]);
        await Promise.all(Array.from({ length: 10 }, () => one.append(nsp, publisher, [entry(1, 'a'), entry(2, 'a')])));
        await other.append(nsp, publisher, [entry(3, 'a')]);
        const { entries } = await one.since(nsp, start, ['a']);
        expect(bodies(entries)).toEqual([1, 2, 3]);
      });

      it('says which rooms have lost messages', async () => {
        const nsp = freshNsp();
        const publisher = freshPublisher();
        const start = await one.head(nsp);
        await one.append(nsp, publisher, [entry(1, 'quiet'), ...[2, 3, 4, 5, 6, 7].map((seq) => entry(seq, 'busy'))]);
        await one.sweep(nsp);
        const tail = await one.since(nsp, start, ['busy', 'quiet', 'empty']);
        expect(tail).toMatchObject({ intact: true, lost: ['busy'] });
      });

      it('keeps no more of a room than its history may hold', async () => {
        const nsp = freshNsp();
        await one.head(nsp);
        await one.append(
          nsp,
          freshPublisher(),
          [1, 2, 3, 4, 5, 6, 7, 8].map((seq) => entry(seq, 'a')),
        );
        await one.sweep(nsp);
        const { epoch, offset } = await one.head(nsp);
        const { entries } = await one.since(nsp, { epoch, offset: offset - 8 }, ['a']);
        expect(bodies(entries)).toEqual([4, 5, 6, 7, 8]);
      });

      it('reckons with the smallest limits of all replicas, at once', async () => {
        const nsp = freshNsp();
        const publisher = freshPublisher();
        const generous = await host.create({ size: 100, ms: 60_000 });
        await generous.open();
        const start = await generous.head(nsp);
        await generous.append(nsp, publisher, [entry(1, 'busy'), entry(2, 'quiet')]);
        // A replica of another size joins, and trims the history by its own.
        await one.head(nsp);
        await one.append(
          nsp,
          publisher,
          [3, 4, 5, 6, 7].map((seq) => entry(seq, 'busy')),
        );
        await one.sweep(nsp);
        expect(await generous.since(nsp, start, ['busy', 'quiet'])).toMatchObject({ intact: true, lost: ['busy'] });
        await generous.close();
      });

      it('is not intact for another epoch, for a position that never was, and for one too old', async () => {
        const nsp = freshNsp();
        const { epoch } = await one.head(nsp);
        await one.append(nsp, freshPublisher(), [entry(1, 'a')]);
        const head = await one.head(nsp);
        expect((await one.since(nsp, { ...head, epoch: 'other' }, ['a'])).intact).toBe(false);
        expect((await one.since(nsp, { epoch, offset: head.offset + 1 }, ['a'])).intact).toBe(false);
        expect((await one.since(nsp, { epoch, offset: 1 }, ['a'])).intact).toBe(false);
        expect((await one.since(nsp, head, ['a'])).intact).toBe(true);
      });

      it('ends an epoch once, and tells it', async () => {
        const nsp = freshNsp();
        const { epoch, offset } = await one.head(nsp);
        const batches: Batch[] = [];
        const stop = await backend.bus.subscribe(channelOf(nsp), (text) => batches.push(parseBatch(text)!));
        await Promise.all([one.renewEpoch(nsp, epoch), other.renewEpoch(nsp, epoch)]);
        const head = await one.head(nsp);
        expect(head.epoch).not.toBe(epoch);
        expect(head.offset).toBe(offset);
        await vi.waitFor(() => expect(batches).toHaveLength(1), WAIT);
        expect(batches[0]).toMatchObject({ epoch: head.epoch, previous: offset, bodies: [] });
        await stop();
      });

      it('keeps namespaces apart', async () => {
        const nsp = freshNsp();
        const start = await one.head(nsp);
        await one.append(freshNsp(), freshPublisher(), [entry(1, 'a')]);
        expect((await one.since(nsp, start, ['a'])).entries).toEqual([]);
      });
    });

    it('shares one secret', async () => {
      const secret = await one.secret('first');
      expect(await other.secret('second')).toBe(secret);
    });

    describe('presence', () => {
      const me = { room: 'a', user: 'ann' };

      async function replicas(nsp: string, ttlMs = 60_000) {
        await Promise.all([one.presence.renew(nsp, 'r1', ttlMs), other.presence.renew(nsp, 'r2', 60_000)]);
      }

      it('counts a user once, and tells the first to come and the last to go', async () => {
        const nsp = freshNsp();
        await replicas(nsp);
        expect(await one.presence.enter(nsp, 'r1', [me, { room: 'a', user: 'bob' }])).toHaveLength(2);
        expect(await one.presence.enter(nsp, 'r1', [me])).toEqual([]);
        expect(await other.presence.enter(nsp, 'r2', [me])).toEqual([]);
        expect((await one.presence.users(nsp, 'a')).sort()).toEqual(['ann', 'bob']);
        expect(await one.presence.leave(nsp, 'r1', [me])).toEqual([]);
        expect(await other.presence.leave(nsp, 'r2', [me])).toEqual([me]);
        expect(await other.presence.leave(nsp, 'r2', [me])).toEqual([]);
        expect(await one.presence.users(nsp, 'a')).toEqual(['bob']);
        expect(await one.presence.users(nsp, 'nobody here')).toEqual([]);
      });

      it('tells one leave when a user leaves two replicas at once', async () => {
        const nsp = freshNsp();
        await replicas(nsp);
        for (let round = 0; round < 10; round++) {
          await Promise.all([one.presence.enter(nsp, 'r1', [me]), other.presence.enter(nsp, 'r2', [me])]);
          const gone = await Promise.all([one.presence.leave(nsp, 'r1', [me]), other.presence.leave(nsp, 'r2', [me])]);
          expect(gone.flat()).toEqual([me]);
        }
      });

      it('forgets the users of a replica that is past its time, and answers each to one caller', async () => {
        const nsp = freshNsp();
        await replicas(nsp, 200);
        const bob = { room: 'b', user: 'bob' };
        await one.presence.enter(nsp, 'r1', [me, bob]);
        await other.presence.enter(nsp, 'r2', [me]);
        expect(await other.presence.sweepReplicas(nsp)).toEqual([]);
        await vi.waitFor(async () => expect(await other.presence.users(nsp, 'b')).toEqual([]), WAIT);
        const swept = await Promise.all([one.presence.sweepReplicas(nsp), other.presence.sweepReplicas(nsp)]);
        expect(swept.flat()).toEqual([bob]);
        expect(await one.presence.users(nsp, 'a')).toEqual(['ann']);
      });

      it('tells a replica that it was taken for dead', async () => {
        const nsp = freshNsp();
        expect(await one.presence.renew(nsp, 'r1', 100)).toBe(false);
        expect(await one.presence.renew(nsp, 'r1', 100)).toBe(true);
        await wait(150);
        await other.presence.sweepReplicas(nsp);
        expect(await one.presence.renew(nsp, 'r1', 100)).toBe(false);
      });
    });
  });
}
