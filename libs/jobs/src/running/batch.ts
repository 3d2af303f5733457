import type { BatchItem, BatchJob } from '../job.js';
import { outsideJobs, type JobContext } from '../job-context.js';
import { JobDataError } from '../jobs.errors.js';
import type { BatchOptions } from '../jobs.options.js';

interface Waiting extends BatchItem {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Unless `batch.waitMs` says otherwise. */
const WAIT_MS = 50;

/** Gathers the jobs of a handler until there are enough, or the first has waited long enough; then they run together. */
export class Batch {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly handler: BatchJob,
    private readonly options: BatchOptions,
  ) {}

  /** What becomes of this one job. */
  add(args: unknown, ctx: JobContext): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ args, ctx, resolve, reject });
      if (this.waiting.length >= this.options.size) this.flush();
      else this.timer ??= setTimeout(() => this.flush(), this.options.waitMs ?? WAIT_MS);
    });
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const all = this.waiting;
    this.waiting = [];
    const wanted = all.filter(({ ctx }) => !ctx.signal.aborted);
    for (const { ctx, reject } of all) if (ctx.signal.aborted) reject(ctx.signal.reason as Error);
    if (wanted.length > 0) void outsideJobs(() => this.run(wanted));
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.handler.runBatch(batch.map(({ args, ctx }) => ({ args, ctx })));
      if (results && results.length !== batch.length)
        throw new JobDataError(
          batch[0].ctx.name,
          `runBatch() answered ${results.length} results for ${batch.length} jobs. Answer one for each, in their order, or none.`,
        );
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results?.[index];
        if (result instanceof Error) reject(result);
        else resolve(result);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error as Error);
    }
  }
}
