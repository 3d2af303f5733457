/**
 * What `npm run bench -- <name>` expects of `bench/<name>.bench.ts`: a default export of this type. It is run against
 * the built packages, with a private Redis and PostgreSQL.
 */
export type Bench = BenchPart | Record<string, BenchPart>;

/** A part of a bench that can be run alone: `npm run bench -- <name>:<part>`. */
export type BenchPart = (services: BenchServices) => Promise<BenchRow[]>;

/** Where a bench finds its servers. */
export interface BenchServices {
  redisUrl: string;
  postgresUrl: string;
}

/** One figure, beside those of the rivals in the same run. */
export interface BenchRow {
  id: string;
  /** What is measured, for people. */
  what: string;
  /** Of all figures in the row: 'ops/s', 'ms', 'round trips'. */
  unit: string;
  better: 'lower' | 'higher';
  ours: number;
  rivals: Record<string, number>;
  /** Half the distance between the slowest and the fastest round of ours, as a part of the median. */
  spread?: number;
  /** What has to hold: `ours >= 3 * bentocache`, `ours <= 1`, `ours < redlock + 2`. */
  must: string;
}

/** Whether a row's `must` is true of its figures; a rival that is not in the row makes it an error. */
export function holds({ id, ours, rivals, must }: BenchRow): boolean {
  const match = /^ours (<=|>=|<|>) (?:(\d+(?:\.\d+)?) \* )?([\w@/.-]+)(?: \+ (\d+(?:\.\d+)?))?$/.exec(must);
  if (!match) throw new Error(`${id}: cannot read "${must}"; it looks like "ours >= 3 * bentocache".`);
  const [, comparison, factor = '1', term, more = '0'] = match;
  const figure = /^\d+(\.\d+)?$/.test(term!) ? Number(term) : rivals[term!];
  if (figure === undefined) throw new Error(`${id}: "${must}" names ${term}, which is not among its rivals.`);
  const bound = Number(factor) * figure + Number(more);
  switch (comparison) {
    case '<=':
      return ours <= bound;
    case '>=':
      return ours >= bound;
    case '<':
      return ours < bound;
    default:
      return ours > bound;
  }
}

/** The middle one of these figures. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What {@link interleaved} found about one contestant. */
export interface Measured {
  median: number;
  spread: number;
}

/**
 * Lets the contestants take turns, so that a noisy minute hits all alike, after one round that does not count. Each is a
 * function that does its work once and resolves its own figure: a rate, a latency.
 */
export async function interleaved<Name extends string>(
  contestants: Record<Name, () => Promise<number>>,
  rounds = 7,
): Promise<Record<Name, Measured>> {
  const names = Object.keys(contestants) as Name[];
  const figures = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const figure = await contestants[name]();
      if (round > 0) figures.get(name)!.push(figure);
    }
  }
  const measured = names.map((name) => [name, summary(figures.get(name)!)] as const);
  return Object.fromEntries(measured) as Record<Name, Measured>;
}

/** The figures of all rounds as one. */
export function summary(figures: readonly number[]): Measured {
  const middle = median(figures);
  return { median: middle, spread: (Math.max(...figures) - Math.min(...figures)) / 2 / middle };
}
