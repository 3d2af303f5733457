import { traced } from '@rookery/core';
import type { PutOptions } from '../blob.calls.js';
import { checkMetadata } from '../blob-name.js';
import type { OpenContainer } from '../blob.containers.js';
import type { WriteCondition } from '../blob.driver.js';
import { BlobChangedError, BlobExistsError } from '../blob.errors.js';
import type { BlobInfo } from '../blob-info.js';
import { encoderOf } from '../pipeline/encoding.js';
import { readableOf, type BlobSource } from '../transfer/chunks.js';
import { checkContentType } from '../transfer/content-type.js';
import { Meter } from '../transfer/meter.js';
import { WriteWatch } from '../transfer/watch.js';
import { addressOf, checkManager, infoOf } from './address.js';
import { asked, fault } from './faults.js';

/** Stores a blob. Whatever happens, the source is ended and readers see the old version or the new one. */
export async function putBlob(
  container: OpenContainer,
  name: string,
  source: BlobSource,
  options: PutOptions,
): Promise<BlobInfo> {
  const readable = readableOf(source);
  // It may fail before anybody reads it, or after nobody wants it any more.
  readable.on('error', () => undefined);
  try {
    return await traced('blob:put', { container: container.name, name }, () => put(container, name, readable, options));
  } finally {
    readable.destroy();
  }
}

async function put(container: OpenContainer, name: string, source: AsyncIterable<Uint8Array>, options: PutOptions) {
  const { manager, signal } = options;
  signal?.throwIfAborted();
  const at = addressOf(container, name);
  const subject = { container, name: at.name, action: 'put' };
  checkManager(container, manager);
  const metadata = checkMetadata(options.metadata ?? {});
  const contentType = checkContentType(at.name, options.contentType, container.options.contentTypes);
  const meter = new Meter(at.name, container.options.maxBytes ?? Infinity, options);
  const onlyIf = conditionOf(options);
  if (onlyIf !== 'any') {
    // Asked again when it counts; this spares the upload.
    const current = await asked(subject, container.driver.stat(at, { signal, manager }), signal);
    if (!matches(onlyIf, current)) throw refused(container, at.name, onlyIf);
  }
  const encoder = encoderOf(container.options.pipeline);
  const watch = new WriteWatch(`The driver ${container.driver.kind}`, container.deadlineMs, signal);
  const content = meter.through(source);
  const body = watch.body(encoder ? encoder.encode(content) : content);
  const write = {
    contentType,
    metadata,
    onlyIf,
    manager,
    encoding: encoder?.encoding,
    signal: watch.signal,
    digest: () => meter.digest(),
  };
  try {
    const stored = await watch.race(container.driver.write(at, body, write));
    if (stored) return infoOf(stored);
  } catch (error) {
    throw meter.failure ?? fault(subject, error, signal);
  }
  throw refused(container, at.name, onlyIf);
}

function conditionOf({ overwrite, ifMatch }: PutOptions): WriteCondition {
  if (ifMatch !== undefined) return { etag: ifMatch };
  return overwrite ? 'any' : 'absent';
}

function matches(onlyIf: WriteCondition, current: { etag: string } | null): boolean {
  return typeof onlyIf === 'object' ? current?.etag === onlyIf.etag : current === null;
}

function refused({ name: container }: OpenContainer, name: string, onlyIf: WriteCondition): Error {
  return typeof onlyIf === 'object'
    ? new BlobChangedError(container, name, onlyIf.etag)
    : new BlobExistsError(container, name);
}
