import { Agent, createServer, get, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpTraffic } from './http-traffic.js';

const servers: Server[] = [];

/** A server that never answers by itself; `arrivals` hands out what it was asked, in order. */
async function serve() {
  const waiting: ((response: ServerResponse) => void)[] = [];
  const came: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    const taker = waiting.shift();
    if (taker) taker(response);
    else came.push(response);
  });
  servers.push(server);
  const traffic = new HttpTraffic(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    traffic,
    ask: (agent?: Agent) => ask(port, agent),
    arrival: () =>
      new Promise<ServerResponse>((resolve) => (came.length ? resolve(came.shift()!) : waiting.push(resolve))),
  };
}

function ask(port: number, agent?: Agent): Promise<{ connection?: string; body: string }> {
  const answer = new Promise<{ connection?: string; body: string }>((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.on('end', () => resolve({ connection: response.headers.connection, body }));
    }).on('error', reject);
  });
  answer.catch(() => undefined);
  return answer;
}

describe('HttpTraffic', () => {
  afterEach(() => servers.splice(0).forEach((server) => (server.closeAllConnections(), server.close())));

  it('asks clients to use another connection, those whose request is under way too', async () => {
    const { traffic, ask, arrival } = await serve();
    const agent = new Agent({ keepAlive: true });
    const before = ask(agent);
    const underWay = await arrival();
    traffic.turnAway();
    underWay.end('before');
    expect(await before).toEqual({ connection: 'close', body: 'before' });
    const after = ask(agent);
    (await arrival()).end('after');
    expect(await after).toEqual({ connection: 'close', body: 'after' });
    agent.destroy();
  });

  it('answers what is under way and takes nothing new', async () => {
    const { traffic, ask, arrival } = await serve();
    const slow = ask();
    const underWay = await arrival();
    traffic.turnAway();
    const finished = traffic.finish(new AbortController().signal);
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    underWay.end('late');
    await finished;
    expect((await slow).body).toBe('late');
  });

  it('cuts what does not end within the budget, and says how much that was', async () => {
    const { traffic, ask, arrival } = await serve();
    const stuck = ask();
    await arrival();
    traffic.turnAway();
    await expect(traffic.finish(AbortSignal.abort())).rejects.toThrow('1 requests were under way');
    await expect(stuck).rejects.toThrow();
  });
});
