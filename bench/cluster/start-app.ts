import { spawn } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppFolder } from '../packages/app-folder.js';

const FILES = ['boot-app.js', 'by-hand.js'];

/** A started app, and how long it took. */
export interface StartedApp {
  ms: number;
  url: string;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** The apps of the bench, on our packages as they are published. */
export class BootApps {
  private constructor(private readonly folder: AppFolder) {}

  static async create(): Promise<BootApps> {
    const folder = await AppFolder.published();
    const here = fileURLToPath(new URL('.', import.meta.url));
    await Promise.all(FILES.map((file) => copyFile(join(here, file), join(folder.path, file))));
    return new BootApps(folder);
  }

  /** Starts one in a process of its own, with nothing in its environment but what is given. */
  start(which: string, url: string, env: Record<string, string> = {}): Promise<StartedApp> {
    const all = { PATH: process.env.PATH ?? '', NODE_ENV: 'production', ...env };
    const file = join(this.folder.path, FILES[0]!);
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
          signal: (signal) => void child.kill(signal),
          stop: async () => {
            child.kill('SIGKILL');
            await ended;
          },
        });
      });
    });
  }

  remove(): Promise<void> {
    return this.folder.remove();
  }
}
