import { memory, type Bus, type MemoryBackend } from '@rookery/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryRealtimeDriver } from '../drivers/memory/index.js';
import { channelOf } from '../realtime.driver.js';
import { formatBatch } from './batch.js';
import { NamespaceLog } from './namespace-log.js';

describe('messages that are in no log', () => {
  let backend: MemoryBackend;
  const running: NamespaceLog[] = [];
  beforeEach(() => void (backend = memory()));
  afterEach(async () => {
    for (const log of running.splice(0)) await log.close(AbortSignal.timeout(1_000));
  });

  async function follow(publisher: string, bus: Bus = backend.bus) {
    const heard: unknown[] = [];
    const listener = {
      rooms: () => [''],
      onEntry: (body: unknown) => void heard.push(body),
      onLoss: () => void heard.push('loss'),
    };
    const driver = new MemoryRealtimeDriver(backend, { size: 0, ms: 1_000 });
    const options = { maxQueued: 100, isLogged: false, opened: Promise.resolve() };
    const log = new NamespaceLog('/', publisher, driver, bus, listener, options);
    running.push(log);
    await log.ready;
    return { log, heard };
  }

  const say = (previous: number, ...bodies: number[]) => {
    const head = { epoch: 'other', previous, first: previous + 1, publisher: 'other' };
    return backend.bus.publish(channelOf('/'), formatBatch(head, bodies.map(String)));
  };

  it('arrive in order at all others', async () => {
    const [a, b, c] = [await follow('a'), await follow('b'), await follow('c')];
    const numbers = [1, 2, 3];
    await Promise.all(numbers.map((n) => a.log.publish({ seq: n, rooms: [], body: String(n) })));
    await a.log.publish({ seq: 4, rooms: [], body: '4' });
    await vi.waitFor(() =>
      expect([b.heard, c.heard]).toEqual([
        [...numbers, 4],
        [...numbers, 4],
      ]),
    );
    expect(a.heard).toEqual([]);
  });

  it('arrive once, though they were sent again because an answer was lost', async () => {
    let isLost = true;
    const publish = async (channel: string, message: string) => {
      await backend.bus.publish(channel, message);
      if (!isLost) return;
      isLost = false;
      throw new Error('The answer was lost.');
    };
    const subscribe = backend.bus.subscribe.bind(backend.bus);
    const a = await follow('a', { connected: true, publish, subscribe });
    const b = await follow('b');
    for (const n of [1, 2]) await a.log.publish({ seq: n, rooms: [], body: String(n) });
    await vi.waitFor(() => expect(b.heard).toEqual([1, 2]));
  });

  it('are missed aloud, by whoever has heard their publisher before', async () => {
    const early = await follow('early');
    await say(0, 1, 2);
    const late = await follow('late');
    await say(4, 5);
    await say(5, 6);
    await vi.waitFor(() => expect(early.heard).toEqual([1, 2, 'loss', 5, 6]));
    expect(late.heard).toEqual([5, 6]);
  });
});
