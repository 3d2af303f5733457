import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('boot-app.js', import.meta.url));

/** A started app, and how long it took. */
export interface StartedApp {
  ms: number;
  url: string;
  stop(): Promise<void>;
}

/** Starts the app in a process of its own, with nothing in its environment but what is given. */
export function startApp(which: string, url: string, env: Record<string, string> = {}): Promise<StartedApp> {
  const all = { PATH: process.env.PATH ?? '', NODE_ENV: 'production', ...env };
  const child = spawn(process.execPath, [file, which, url], { env: all, stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let out = '';
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    child.once('exit', (code) => reject(new Error(`${which} ended with ${code} before it was ready`)));
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
      if (!out.includes('\n')) return;
      const { ms, url: at } = JSON.parse(out.split('\n')[0]!) as { ms: number; url: string };
      resolve({
        ms,
        url: at,
        stop: async () => {
          child.kill('SIGKILL');
          await ended;
        },
      });
    });
  });
}
