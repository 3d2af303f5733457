import { mkdirSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { inChromium, startChromium } from '../chromium.js';
import { startSample, type Sample } from './sample.js';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

inChromium('the page', () => {
  let sample: Sample;
  let browser: BrowserContext;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    sample = await startSample('postgres', { env: { NODE_ENV: 'development' } });
    await sample.importSubscriptions();
    await sample.post('/subscriptions', {
      customer: '<img src=x onerror=alert(1)>',
      email: 'x@example.org',
      plan: 'pro',
      daysLeft: 0,
    });
    browser = await startChromium();
    page = await browser.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('dialog', (dialog) => faults.push(dialog.message()));
    await page.goto(sample.cluster.url);
  });
  afterAll(async () => {
    await browser?.close();
    await sample?.cluster.stop();
  });

  const row = (customer: string) => page.locator('tbody tr', { hasText: customer });

  it('shows the replicas, which of them answered, and the subscriptions as text', async () => {
    await vi.waitFor(async () => expect(await page.locator('#replicas li').count()).toBe(3), { timeout: 20_000 });
    await vi.waitFor(async () => expect(await page.locator('#link').textContent()).toBe('live'), { timeout: 20_000 });
    expect(await page.locator('#answered-by').textContent()).toMatch(/^replica-/);
    expect(await row('<img src=x onerror=alert(1)>').count()).toBe(1);
    await vi.waitFor(async () => expect(await page.locator('#online').textContent()).toBe('1'), { timeout: 20_000 });
  });

  it('renews by a click, and the feed tells it', async () => {
    const customer = await page.locator('tbody tr').nth(1).locator('td').nth(1).textContent();
    await page.locator('tbody tr').nth(1).getByRole('button', { name: 'Renew' }).click();
    await vi.waitFor(async () => expect(await page.locator('#feed').textContent()).toContain(`${customer} renewed`), {
      timeout: 20_000,
    });
  });

  it('uploads an avatar to one replica and shows it from another', async () => {
    const first = page.locator('tbody tr').first();
    await first.locator('input[type=file]').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: PNG });
    const pictures = page.locator('tbody tr img.avatar').first();
    await vi.waitFor(
      async () => expect(await pictures.evaluate((image: { naturalWidth: number }) => image.naturalWidth)).toBe(1),
      { timeout: 20_000 },
    );
  });

  it('opens the dashboard and bull-board', async () => {
    const dashboard = await browser.newPage();
    await dashboard.goto(`${sample.cluster.url}/cluster`);
    await dashboard.getByText('renewal-reminders').first().waitFor();
    if (process.env.ROOKERY_SCREENSHOTS)
      await dashboard.screenshot({ path: 'docs/images/dashboard.png', fullPage: true });
    await dashboard.close();
    const board = await browser.newPage();
    await board.goto(`${sample.cluster.url}/queues`);
    await board.getByText('receipt.send').first().waitFor();
    await board.close();
  });

  it('carries on when its button has killed the replica that answered', async () => {
    const ids = () => page.locator('#replicas li strong').allTextContents();
    const before = await ids();
    await page.getByRole('button', { name: 'Kill this replica' }).click();
    await vi.waitFor(async () => expect(await page.locator('#message').textContent()).toContain('was killed'), {
      timeout: 20_000,
    });
    // Where something starts it again, it comes back under another name.
    const gone = async () => expect(await ids()).not.toEqual(expect.arrayContaining(before));
    await vi.waitFor(gone, { timeout: 30_000 });
    const told = await page.locator('#feed li').count();
    await page.locator('tbody tr').nth(1).getByRole('button', { name: 'Renew' }).click();
    await vi.waitFor(async () => expect(await page.locator('#feed li').count()).toBeGreaterThan(told), {
      timeout: 30_000,
    });
    expect(await page.locator('#link').textContent()).toContain('live');
  });

  it('fits a narrow screen, and nothing went wrong in the page', async () => {
    await screenshot('page-wide');
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= 360')).toBe(true);
    await screenshot('page-narrow');
    expect(faults).toEqual([]);
  });

  /** For docs/images; only when asked for, so that test runs leave no changed files. */
  async function screenshot(name: string): Promise<void> {
    if (!process.env.ROOKERY_SCREENSHOTS) return;
    mkdirSync('docs/images', { recursive: true });
    await page.screenshot({ path: `docs/images/${name}.png` });
  }
});
