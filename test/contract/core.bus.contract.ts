import type { Backend } from '@rookery/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { freshNamespace } from '../backends.js';

/** What every bus does. `backend` makes what another replica would hold. */
export function busContract(name: string, { backend }: { backend: (namespace: string) => Backend }): void {
  describe(`Bus on ${name}`, () => {
    const open: Backend[] = [];
    afterEach(async () => void (await Promise.all(open.splice(0).map((one) => one.close()))));

    async function replicas(namespace = freshNamespace()) {
      const both = [backend(namespace), backend(namespace)];
      await Promise.all(both.map((one) => one.open()));
      open.push(...both);
      return both.map((one) => one.bus);
    }

    it('carries messages to every replica, the own one included, in the order of the publisher', async () => {
      const [one, other] = await replicas();
      const seen: Record<string, string[]> = { one: [], other: [] };
      await one.subscribe('news', (message) => seen.one.push(message));
      await other.subscribe('news', (message) => seen.other.push(message));
      const sent = Array.from({ length: 500 }, (_, index) => `message ${index}`);
      await Promise.all(sent.map((message) => one.publish('news', message)));
      await vi.waitFor(() => expect(seen).toEqual({ one: sent, other: sent }), { timeout: 20_000 });
    });

    it('carries long, empty and repeated messages without reordering them', async () => {
      const [one, other] = await replicas();
      const seen: string[] = [];
      await other.subscribe('news', (message) => seen.push(message));
      const sent = ['', 'same', 'same', '@1', '5=five', 'ü'.repeat(20_000), "after '; drop table", 'same'];
      for (const message of sent) void one.publish('news', message);
      await vi.waitFor(() => expect(seen).toEqual(sent), { timeout: 20_000 });
    });

    it('keeps channels and namespaces apart, and stops after unsubscribe', async () => {
      const [one, other] = await replicas();
      const [stranger] = await replicas();
      const seen: string[] = [];
      const stop = await other.subscribe('news', (message) => seen.push(message));
      await one.publish('weather', 'rain');
      await stranger.publish('news', 'from another app');
      await one.publish('news', 'last');
      await vi.waitFor(() => expect(seen).toEqual(['last']), { timeout: 20_000 });
      await stop();
      await stop();
      await one.publish('news', 'too late');
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(seen).toEqual(['last']);
    });
  });
}
