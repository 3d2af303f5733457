import { traced } from '@rookery/core';
import { Readable } from 'node:stream';
import type { GetOptions } from '../blob.calls.js';
import type { BlobInfo, ByteRange } from '../blob-info.js';
import type { OpenContainer } from '../blob.containers.js';
import type { BlobAddress, StoredBlob } from '../blob.driver.js';
import { BlobChangedError, BlobCorruptedError, BlobNotModifiedError } from '../blob.errors.js';
import { resolveRange } from '../transfer/range.js';
import { verified } from '../transfer/verified.js';
import { watchedRead } from '../transfer/watch.js';
import { addressOf, checkManager, infoOf } from './address.js';
import { fault, type Subject } from './faults.js';
import { openContent, openStored, type OpenedContent } from './open-content.js';
import { storedOf } from './stored-of.js';

/** An opened blob. Read the stream to its end, or destroy it. */
export interface BlobContent {
  info: BlobInfo;
  /** The content, or the part that was asked for. Fails with BlobCorruptedError before the end of a damaged blob. */
  stream: Readable;
  /** Which part it is, when a part was asked for. */
  range?: ByteRange;
}

/** Opens a blob; null when it is not there. */
export function getBlob(container: OpenContainer, name: string, options: GetOptions): Promise<BlobContent | null> {
  const at = addressOf(container, name);
  checkManager(container, options.manager);
  const subject = { container, name: at.name, action: 'get' };
  const open = container.options.pipeline?.length ? openDecoded : openPlain;
  return traced('blob:get', { container: container.name, name: at.name }, () => open(subject, at, options));
}

/** The store gives the facts and the bytes of one version at once, unless it turns out that they must be decoded. */
async function openPlain(subject: Subject, at: BlobAddress, options: GetOptions): Promise<BlobContent | null> {
  const { signal, manager } = options;
  let range: ByteRange | undefined;
  const part = (stored: StoredBlob) => {
    checkConditions(subject.container, stored, options);
    if (stored.encoding !== undefined) return { start: 0, end: 0 };
    return (range = resolveRange(at.name, options.range!, stored.size));
  };
  const content = await openStored(subject, at, { range: options.range && part, signal, manager });
  if (!content) return null;
  try {
    checkConditions(subject.container, content.stored, options);
  } catch (error) {
    content.close();
    throw error;
  }
  if (content.stored.encoding === undefined) return opened(subject, content.stored, content, range, signal);
  content.close();
  return openDecoded(subject, at, options);
}

/** What is encoded takes several looks, all at one version; should it be replaced in between, at the next. */
async function openDecoded(subject: Subject, at: BlobAddress, options: GetOptions): Promise<BlobContent | null> {
  const { container } = subject;
  const until = performance.now() + container.deadlineMs;
  do {
    const stored = await storedOf(subject, at, options);
    if (!stored) return null;
    checkConditions(container, stored, options);
    const range = options.range && resolveRange(at.name, options.range, stored.size);
    const content = await openContent(subject, at, stored, range, options);
    if (content) return opened(subject, stored, content, range, options.signal);
  } while (performance.now() < until);
  throw new BlobChangedError(container.name, at.name, 'that it had a moment ago');
}

function checkConditions({ name: container }: OpenContainer, { name, etag }: StoredBlob, options: GetOptions): void {
  if (options.ifMatch !== undefined && options.ifMatch !== etag)
    throw new BlobChangedError(container, name, options.ifMatch);
  if (options.ifNoneMatch === etag) throw new BlobNotModifiedError(container, name);
}

/** What the caller gets. */
function opened(
  subject: Subject,
  stored: StoredBlob,
  content: OpenedContent,
  range: ByteRange | undefined,
  signal?: AbortSignal,
): BlobContent {
  const { container, name } = subject;
  const what = `Reading blob "${name}"`;
  const damaged = (why: string) => new BlobCorruptedError(container.name, name, why);
  const expected = range ? { size: range.end - range.start + 1 } : { size: stored.size, sha256: stored.sha256 };
  const chunks = verified(watchedRead(what, content.body, container.deadlineMs, signal), expected, damaged);
  // One chunk is held: of more, readers would get a copy joined into one.
  const stream = Readable.from(inOneShape(subject, chunks, signal), { objectMode: false, highWaterMark: 1 });
  const abort = () => stream.destroy(signal!.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  stream.once('close', () => {
    signal?.removeEventListener('abort', abort);
    content.close();
  });
  return { info: infoOf(stored), range, stream };
}

async function* inOneShape(
  subject: Subject,
  chunks: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    throw fault(subject, error, signal);
  }
}
