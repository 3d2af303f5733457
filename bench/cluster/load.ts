import { Agent, get } from 'node:http';

/** Requests per second that one server answers, asked over `connections` kept-alive connections for `ms`. */
export async function requestsPerSecond(url: string, ms: number, connections = 32): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const from = performance.now();
  let answered = 0;
  const worker = async () => {
    while (performance.now() - from < ms) {
      await ask(url, agent);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  agent.destroy();
  return answered / ((performance.now() - from) / 1000);
}

function ask(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => response.resume().once('end', resolve)).once('error', reject);
  });
}
