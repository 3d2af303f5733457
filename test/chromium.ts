import { chromium, type BrowserContext, type BrowserContextOptions } from 'playwright-core';
import { findProgram } from '../libs/testing/src/stores/find-program.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Where this machine's Chromium is; specs that need a browser say so in their title when there is none. */
export const chromiumPath = NAMES.map((name) => findProgram(name)).find((path) => path !== undefined);

/** Starts Chromium with a profile that goes with it. */
export async function startChromium(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.on('close', () => void browser.close());
  return context;
}
