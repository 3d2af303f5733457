import { Agent, get } from 'node:http';
import type { StartedApp } from './start-app.js';

/** Milliseconds from SIGTERM to the first answer of /health/ready that is not 200. */
export async function readinessFlip({ url, signal }: StartedApp): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const ask = () => statusOf(`${url}/health/ready`, agent);
  if ((await ask()) !== 200) throw new Error('It was not ready to begin with.');
  const from = performance.now();
  signal('SIGTERM');
  while ((await ask()) === 200);
  agent.destroy();
  return performance.now() - from;
}

function statusOf(url: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => response.resume().once('end', () => resolve(response.statusCode))).once(
      'error',
      reject,
    );
  });
}
