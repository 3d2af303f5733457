import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const REPLICAS = 3;
const AT_ONCE = 50;

export interface CrowdFigures {
  /** Sockets a second, until all are connected. */
  connectsPerSecond: number;
  bytesPerSocket: number;
}

/** Many sockets over three replicas, each a process. The clients are as light as they can be. */
export class Crowd {
  private readonly clients: WebSocket[] = [];

  private constructor(private readonly replicas: { child: ChildProcess; port: number }[]) {}

  static async start(kind: 'bare' | 'ours', redisUrl: string, namespace: string): Promise<Crowd> {
    const replicas = Array.from({ length: REPLICAS }, async () => {
      const child = fork(fileURLToPath(new URL('./replica.js', import.meta.url)), {
        execArgv: ['--expose-gc'],
        env: { ...process.env, KIND: kind, REDIS: redisUrl, NAMESPACE: namespace },
      });
      const [{ port }] = (await once(child, 'message')) as [{ port: number }];
      return { child, port };
    });
    return new Crowd(await Promise.all(replicas));
  }

  async fill(sockets: number): Promise<CrowdFigures> {
    const before = await this.bytes();
    const from = performance.now();
    let next = 0;
    const connectOn = async () => {
      while (next < sockets) await this.connect(next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, connectOn));
    const seconds = (performance.now() - from) / 1000;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return { connectsPerSecond: sockets / seconds, bytesPerSocket: ((await this.bytes()) - before) / sockets };
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.terminate();
    await Promise.all(
      this.replicas.map(async ({ child }) => {
        const exited = once(child, 'exit');
        child.disconnect();
        await exited;
      }),
    );
  }

  private async connect(index: number): Promise<void> {
    const { port } = this.replicas[index % REPLICAS]!;
    const client = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
    });
    this.clients.push(client);
    await new Promise<void>((resolve, reject) => {
      client.on('error', reject);
      client.on('message', (data: Buffer) => {
        const text = data.toString();
        if (text.startsWith('0')) client.send(`40{"user":"user ${index}"}`);
        else if (text.startsWith('40')) resolve();
        else if (text === '2') client.send('3');
        else if (text.startsWith('44')) reject(new Error(text));
      });
    });
  }

  private async bytes(): Promise<number> {
    const answers = await Promise.all(
      this.replicas.map(async ({ child }) => {
        child.send('measure');
        const [{ bytes }] = (await once(child, 'message')) as [{ bytes: number }];
        return bytes;
      }),
    );
    return answers.reduce((sum, bytes) => sum + bytes, 0);
  }
}
