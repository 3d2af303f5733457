import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a process is told: when its tasks arrive, in milliseconds after `startAt`. */
export interface Order {
  key: string;
  arrivals: number[];
  startAt: number;
}

/** When one task came, got the lock and left it, on the machine's monotonic clock in milliseconds. */
export interface Visit {
  arrived: number;
  granted: number;
  left: number;
}

/** What came of 48 tasks over four processes. */
export interface Outcome {
  /** Of 47 pairs that followed each other, how many in another order than they came in. */
  inversions: number;
  handOffMs: number;
  /** Commands sent to Redis for each acquire. */
  commands: number;
}

const PROCESSES = 4;
const TASKS = 48;
const script = fileURLToPath(new URL('./lock.process.js', import.meta.url));

/** Four processes whose tasks, arriving 1 ms apart in turn, want one key. */
export class SeveralProcesses {
  private sent = 0;
  private round = 0;

  private constructor(private readonly children: ChildProcess[]) {}

  static async start(name: string, redisUrl: string, namespace: string): Promise<SeveralProcesses> {
    const children = Array.from({ length: PROCESSES }, () => fork(script, [name, redisUrl, namespace]));
    await Promise.all(children.map((child) => once(child, 'message')));
    return new SeveralProcesses(children);
  }

  async run(): Promise<Outcome> {
    const key = `round-${++this.round}`;
    const startAt = Number(process.hrtime.bigint()) / 1e6 + 50;
    const answers = await Promise.all(
      this.children.map(async (child, index) => {
        const arrivals = Array.from({ length: TASKS / PROCESSES }, (_, turn) => turn * PROCESSES + index);
        child.send({ key, arrivals, startAt } satisfies Order);
        return ((await once(child, 'message')) as [{ visits: Visit[]; commands: number }])[0];
      }),
    );
    const visits = answers.flatMap((answer) => answer.visits).sort((a, b) => a.granted - b.granted);
    const pairs = visits.slice(1).map((visit, index) => ({ before: visits[index]!, visit }));
    const sent = answers.reduce((sum, answer) => sum + answer.commands, 0);
    const commands = (sent - this.sent) / TASKS;
    this.sent = sent;
    return {
      inversions: pairs.filter(({ before, visit }) => visit.arrived < before.arrived).length,
      handOffMs: pairs.reduce((sum, { before, visit }) => sum + visit.granted - before.left, 0) / pairs.length,
      commands,
    };
  }

  stop(): void {
    for (const child of this.children) child.kill();
  }
}
