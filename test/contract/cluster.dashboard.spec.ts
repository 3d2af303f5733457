import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import { BlobContainer, BlobModule, BlobStore, memoryBlobs } from '@rookery/blob';
import { bearerToken, ClusterModule, useCluster } from '@rookery/cluster';
import { ClusterDashboardModule } from '@rookery/cluster/dashboard';
import { LockService } from '@rookery/lock';
import { ClusteredCron, type WorkerRun } from '@rookery/workers';
import type { BrowserContext, Page } from 'playwright-core';
import type { Socket } from 'socket.io';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendsOf, freshNamespace } from '../backends.js';
import { inChromium, startChromium } from '../chromium.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const TOKEN = 'let me see';

@Injectable()
class Reminders {
  runs = 0;

  @ClusteredCron('0 0 1 1 *', { name: 'send reminders' })
  async send(_run: WorkerRun) {
    this.runs++;
  }
}

@BlobContainer('invoices', { maxBytes: 20_000_000, contentTypes: ['application/pdf', 'image/*'] })
class Invoices extends BlobStore {}

@WebSocketGateway()
class FeedGateway implements OnGatewayConnection {
  async handleConnection(socket: Socket) {
    await socket.join(String(socket.handshake.auth.room));
  }
}

@Module({
  imports: [
    ClusterModule.forRoot({
      backend: backendsOf('redis')(freshNamespace()),
      lock: {},
      workers: {},
      jobs: {},
      cache: {},
      blob: { driver: memoryBlobs() },
      realtime: { userOf: (socket) => String(socket.handshake.auth.user) },
    }),
    BlobModule.forFeature([Invoices]),
    ClusterDashboardModule.forRoot({ access: bearerToken(TOKEN), bullBoardPath: '/queues' }),
  ],
  providers: [Reminders, FeedGateway],
})
class AppModule {}

describe('the dashboard', () => {
  let app: NestExpressApplication;
  let url: string;

  beforeAll(async () => {
    app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: false, abortOnError: false });
    useCluster(app);
    app.setGlobalPrefix('api');
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  const basic = { authorization: `Basic ${Buffer.from(`ops:${TOKEN}`).toString('base64')}` };
  const act = (headers: Record<string, string>, body: object | string) =>
    fetch(`${url}/cluster/actions`, {
      method: 'POST',
      headers: { ...basic, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const OWN = { 'x-rookery-action': '1' };
  const run = { action: 'runNow', task: 'send reminders' };

  it('shows nothing to those who may not see it', async () => {
    for (const path of ['', '/state']) expect((await fetch(`${url}/cluster${path}`)).status).toBe(401);
    expect((await act({ authorization: 'Basic bm86bm8=', ...OWN }, run)).status).toBe(401);
  });

  it('refuses an action that the page did not send', async () => {
    expect((await act({}, run)).status).toBe(403);
    expect((await act({ ...OWN, origin: 'https://evil.example' }, run)).status).toBe(403);
    expect((await act({ ...OWN, 'content-type': 'text/plain' }, run)).status).toBe(403);
    expect(app.get(Reminders).runs).toBe(0);
  });

  it.each([
    [{}],
    [{ action: 'constructor', task: 'a' }],
    [{ action: 'pause' }],
    [{ action: 'pause', task: 1 }],
    ['[]'],
  ])('answers %j with what an action is', async (body) => expect((await act(OWN, body)).status).toBe(400));

  it('says that there is no such task', async () => {
    const answer = await act(OWN, { action: 'pause', task: 'nobody' });
    expect(answer.status).toBe(409);
    expect(((await answer.json()) as { message: string }).message).toContain('nobody');
  });

  inChromium('the dashboard', () => {
    let browser: BrowserContext;
    let page: Page;
    let visitors: { disconnect(): unknown }[] = [];
    const problems: string[] = [];

    beforeAll(async () => {
      browser = await startChromium({ httpCredentials: { username: 'ops', password: TOKEN } });
      page = await browser.newPage();
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      page.on('dialog', (dialog) => problems.push(`dialog ${dialog.message()}`));
      await page.goto(`${url}/cluster`);
      await page.getByText('Live', { exact: true }).waitFor();
    });
    afterAll(async () => {
      for (const visitor of visitors) visitor.disconnect();
      await browser?.close();
    });

    it('shows this replica, the task, the queues and what the doctor found', async () => {
      await expect.poll(() => page.locator('#replicas').innerText()).toContain('(answers you)');
      expect(await page.locator('#tasks').innerText()).toContain('send reminders');
      expect(await page.locator('#findings').innerText()).toContain('RK010');
      expect(await page.getByRole('link', { name: 'Open bull-board' }).getAttribute('href')).toBe('/queues');
    });

    it('shows what users chose as text, also when it looks like markup', async () => {
      await using _lock = await app.get(LockService).acquire(HOSTILE);
      await expect.poll(() => page.locator('#locks').innerText(), { timeout: 20_000 }).toContain(HOSTILE);
      expect(await page.locator('img').count()).toBe(0);
    });

    it('shows the blob containers and what they take', async () => {
      const containers = await page.locator('#blobs tbody tr').allInnerTexts();
      expect(containers).toContainEqual(
        expect.stringMatching(/^invoices\s+memory\s.*\s20 MB\s+application\/pdf, image\/\*$/),
      );
    });

    it('shows the sockets, the rooms and who is in them', async () => {
      const visit = (room: string, user: string) => io(url, { transports: ['websocket'], auth: { room, user } });
      visitors = [visit('plan:1', 'anna'), visit('plan:1', 'ben'), visit(HOSTILE, HOSTILE)];
      await expect
        .poll(() => page.locator('#rooms tbody tr').allInnerTexts(), { timeout: 20_000 })
        .toEqual([expect.stringMatching(/^plan:1\s+2\s+2: anna, ben$/), expect.stringContaining(HOSTILE)]);
      expect(await page.locator('#realtime').innerText()).toMatch(/Sockets\s+3/);
      expect(await page.locator('img').count()).toBe(0);
    });

    it('runs, pauses and resumes a task by keyboard alone', async () => {
      const press = async (verb: string) => {
        await page.getByRole('button', { name: `${verb}: send reminders` }).focus();
        await page.keyboard.press('Enter');
      };
      await press('Run now');
      await expect.poll(() => app.get(Reminders).runs, { timeout: 20_000 }).toBe(1);
      await press('Pause');
      await page.getByText('Paused "send reminders".').waitFor();
      await expect.poll(() => page.locator('#tasks').innerText(), { timeout: 20_000 }).toContain('paused');
      // The button that was pressed is gone; the focus is on the one in its place.
      expect(await page.evaluate('document.activeElement.textContent')).toMatch(/Resume|Run now/);
      await press('Resume');
      await page.getByText('Resumed "send reminders".').waitFor();
    });

    it.each([
      [360, 'light'],
      [360, 'dark'],
      [768, 'light'],
      [1280, 'light'],
      [1440, 'light'],
      [1440, 'dark'],
    ] as const)('fits into %i pixels in %s', async (width, colorScheme) => {
      await using _lock = await app.get(LockService).acquire('a:rather:long:name:of:a:lock:'.repeat(4));
      await expect.poll(() => page.locator('#locks').innerText(), { timeout: 20_000 }).toContain('rather');
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const tooWide = `[...document.querySelectorAll('section')].filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.id)`;
      expect(await page.evaluate(tooWide)).toEqual([]);
      if (process.env.ROOKERY_SCREENSHOTS)
        await page.screenshot({
          path: `${process.env.ROOKERY_SCREENSHOTS}/${width}-${colorScheme}.png`,
          fullPage: true,
        });
      const background = (await page.evaluate('getComputedStyle(document.body).backgroundColor')) as string;
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(15, 19, 24)' : 'rgb(246, 247, 249)');
    });

    it('says so when the app does not answer', async () => {
      await page.route('**/state', (route) => route.abort());
      await page.getByText(/^No answer/).waitFor();
      await page.unroute('**/state');
      await page.getByText('Live', { exact: true }).waitFor();
      expect(problems.filter((text) => !text.includes('ERR_FAILED'))).toEqual([]);
    });
  });
});
