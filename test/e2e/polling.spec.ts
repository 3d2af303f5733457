import { connectRealtime } from '@rookery/realtime/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BACKENDS, startSample, type Sample } from './sample.js';

const WAIT = { timeout: 30_000, interval: 50 };
const isCompose = process.env.ROOKERY_CLUSTER === 'compose';

describe.skipIf(isCompose).each(BACKENDS)(
  'a client that only polls, on %s (not with compose, whose nginx keeps nobody on one replica)',
  (backend) => {
    let sample: Sample;
    beforeAll(async () => void (sample = await startSample(backend, { sticky: true, env: { POLLING: 'yes' } })));
    afterAll(() => sample?.cluster.stop());

    it('gets the feed of all replicas from its own, and from another one when that dies', async () => {
      const { id } = await sample.subscribe();
      const { replicas } = sample.cluster;
      const seen: string[] = [];
      const recoveries: boolean[] = [];
      const socket = connectRealtime(sample.cluster.url, {
        transports: ['polling'],
        withCredentials: true,
        onRecovery: ({ recovered }) => recoveries.push(recovered),
      });
      socket.on('activity', ({ replica }: { replica: string }) => seen.push(replica));
      const renewAt = async (index: number) => {
        const answer = await fetch(new URL(`/subscriptions/${id}/renew`, replicas[index].url), { method: 'POST' });
        expect(answer.ok).toBe(true);
      };
      try {
        await vi.waitFor(() => expect(socket.connected).toBe(true), WAIT);
        for (const index of [0, 1, 2]) await renewAt(index);
        await vi.waitFor(() => expect(new Set(seen).size).toBe(3), WAIT);
        expect(recoveries).toEqual([]);

        // Whichever is the client's own is among them.
        for (const index of [0, 1, 2]) {
          await sample.cluster.kill(index);
          await renewAt((index + 1) % 3);
          await sample.cluster.start(index);
        }
        await vi.waitFor(() => expect(seen).toHaveLength(6), WAIT);
        expect(recoveries.length).toBeGreaterThan(0);
        expect(recoveries).not.toContain(false);
      } finally {
        socket.disconnect();
      }
    });
  },
);
