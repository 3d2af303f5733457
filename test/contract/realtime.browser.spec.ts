import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { inChromium, startChromium } from '../chromium.js';
import { byToken, TestCluster } from './realtime.app.js';

const WAIT = { timeout: 30_000, interval: 50 };
const socketIo = dirname(createRequire(import.meta.url).resolve('socket.io-client/package.json'));
const client = fileURLToPath(new URL('../../libs/realtime/dist/client', import.meta.url));

/** The built client as a page uses it without a bundler. */
const page = (url: string) => `<!doctype html><script type="importmap">
  { "imports": { "socket.io-client": "/socket.io.js", "@rookery/realtime/client": "/client/index.js" } }
</script>
<script type="module">
  import { connectRealtime } from '@rookery/realtime/client';
  window.got = [];
  window.recoveries = [];
  const socket = connectRealtime('${url}', {
    auth: () => ({ token: 'ann' }),
    reconnectionDelay: 20,
    onRecovery: (recovery) => window.recoveries.push(recovery),
  });
  socket.on('n', (n) => window.got.push(n));
  window.joined = new Promise((resolve) => socket.emit('join', 'room', resolve));
</script>`;

function serve(url: string): Server {
  return createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/') return void response.setHeader('content-type', 'text/html').end(page(url));
    const file = path === '/socket.io.js' ? join(socketIo, 'dist/socket.io.esm.min.js') : join(client, path.slice(8));
    if (!file.endsWith('.js')) return void response.writeHead(404).end();
    response.setHeader('content-type', 'text/javascript').end(readFileSync(file));
  }).listen(0, '127.0.0.1');
}

inChromium('the client', () => {
  let browser: BrowserContext;
  let web: Server;
  const backends = backendsOf('redis');
  const namespace = freshNamespace();
  const cluster = new TestCluster(() => ({ backend: backends(namespace), userOf: byToken }));

  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await cluster.close();
    web?.close();
  });

  it('misses nothing when its connection moves to another replica', async () => {
    const [a, b] = await Promise.all([cluster.replica(), cluster.replica()]);
    const way = await cluster.crossing(a);
    web = serve(way.url);
    await once(web, 'listening');
    const tab = await browser.newPage();
    const faults: string[] = [];
    tab.on('pageerror', (error) => faults.push(error.message));
    await tab.goto(`http://127.0.0.1:${(web.address() as AddressInfo).port}/`);
    await tab.waitForFunction('window.joined');
    expect(await tab.evaluate('window.joined')).toBe('joined');
    await a.realtime.toRoom('room').emit('n', 1);
    way.cut();
    for (const n of [2, 3, 4]) await (n % 2 ? a : b).realtime.toRoom('room').emit('n', n);
    way.mend(b);
    await vi.waitFor(async () => {
      expect(await tab.evaluate('window.recoveries')).toMatchObject([{ recovered: true, refused: [] }]);
    }, WAIT);
    await b.realtime.toRoom('room').emit('n', 5);
    await vi.waitFor(async () => expect(await tab.evaluate('window.got')).toEqual([1, 2, 3, 4, 5]), WAIT);
    expect(faults).toEqual([]);
  });
});
