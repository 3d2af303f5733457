/**
 * What the bus carries for one `append`; or, with the publisher in the place of the epoch, messages that are in no log,
 * which their publisher counts from 1.
 */
export interface Batch {
  epoch: string;
  /** The offset before the first entry: whoever stands there has missed nothing. */
  previous: number;
  first: number;
  publisher: string;
  bodies: unknown[];
}

/** The text that drivers publish; a script may build the same. */
export function formatBatch({ epoch, previous, first, publisher }: Omit<Batch, 'bodies'>, bodies: readonly string[]) {
  return `${epoch} ${previous} ${first} ${publisher} [${bodies.join(',')}]`;
}

/** The batch behind a text; undefined for anything else. */
export function parseBatch(text: string): Batch | undefined {
  const [, epoch, previous, first, publisher] = /^(\S+) (\d+) (\d+) (\S+) \[/.exec(text) ?? [];
  if (!epoch) return undefined;
  const json = text.slice(epoch.length + previous.length + first.length + publisher.length + 4);
  try {
    return {
      epoch,
      previous: Number(previous),
      first: Number(first),
      publisher,
      bodies: JSON.parse(json) as unknown[],
    };
  } catch {
    return undefined;
  }
}
