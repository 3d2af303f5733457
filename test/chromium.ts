import { chromium, type BrowserContext, type BrowserContextOptions } from 'playwright-core';
import { describe } from 'vitest';
import { findProgram } from '../libs/testing/src/stores/find-program.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

const path = NAMES.map((name) => findProgram(name)).find((found) => found !== undefined);

/** Specs in a browser. Where there is none, they fail in CI, and are skipped elsewhere. */
export function inChromium(what: string, specs: () => void): void {
  const title = `${what} in Chromium (was not tested where this is skipped: there is no ${NAMES[0]} on the PATH)`;
  describe.skipIf(!path && !process.env.CI)(title, specs);
}

/** Starts Chromium with a profile that goes with it. */
export async function startChromium(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  if (!path) throw new Error(`There is no ${NAMES.join(', ')} on the PATH: install one, or unset CI.`);
  const browser = await chromium.launch({
    executablePath: path,
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
