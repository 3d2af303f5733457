import { Agent, get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** The 99th percentile, in ms, of how long answers take at `perSecond` requests that wait for nobody, over `ms`. */
export async function p99(url: string, perSecond: number, ms: number): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const from = performance.now();
  const answers: Promise<number>[] = [];
  while (performance.now() - from < ms) {
    answers.push(timed(url, agent));
    await wait(from + (answers.length * 1_000) / perSecond - performance.now());
  }
  const times = (await Promise.all(answers)).sort((a, b) => a - b);
  agent.destroy();
  return times[Math.floor(times.length * 0.99)]!;
}

function timed(url: string, agent: Agent): Promise<number> {
  const from = performance.now();
  return new Promise((resolve, reject) => {
    const done = () => resolve(performance.now() - from);
    get(url, { agent }, (response) => response.resume().once('end', done)).once('error', reject);
  });
}
