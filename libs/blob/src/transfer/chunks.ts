import { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** What can be put: a stream of bytes, or bytes that are there already. Strings are kept as UTF-8. */
export type BlobSource = Readable | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Uint8Array | string;

/** A source as a stream of buffers. Destroying it ends the source; of an HTTP request it only drops the rest. */
export function readableOf(source: BlobSource): Readable {
  if (source instanceof IncomingMessage) return requestBody(source);
  if (source instanceof Readable) return source;
  if (typeof source === 'string') return Readable.from([Buffer.from(source)], { objectMode: false });
  if (source instanceof Uint8Array) return Readable.from([asBuffer(source)], { objectMode: false });
  if (source instanceof ReadableStream) return Readable.fromWeb(source as never);
  return Readable.from(source, { objectMode: false });
}

/** Destroying a request would cut the connection before the client has its answer. */
function requestBody(request: IncomingMessage): Readable {
  const body = Readable.from(request.iterator({ destroyOnReturn: false }), { objectMode: false });
  return body.once('close', () => request.resume());
}

/** The same bytes, not a copy. */
export function asBuffer(bytes: Uint8Array | string): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes);
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The same bytes in pieces of exactly `pieceBytes`; the last may be shorter. Nothing for an empty body. */
export async function* inPieces(body: AsyncIterable<Buffer>, pieceBytes: number): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    let rest = chunk;
    while (bytes + rest.length >= pieceBytes) {
      const taken = pieceBytes - bytes;
      waiting.push(rest.subarray(0, taken));
      yield waiting.length === 1 ? waiting[0] : Buffer.concat(waiting, pieceBytes);
      rest = rest.subarray(taken);
      waiting = [];
      bytes = 0;
    }
    if (rest.length > 0) waiting.push(rest);
    bytes += rest.length;
  }
  if (bytes > 0) yield Buffer.concat(waiting, bytes);
}

/** Runs the tasks in order, `depth` of them ahead of whoever takes the results. */
export async function* ahead<T>(tasks: Iterable<() => Promise<T>>, depth: number): AsyncGenerator<T> {
  const running: Promise<T>[] = [];
  for (const task of tasks) {
    const result = task();
    // Looked at when its turn comes; until then a failure must not count as unhandled.
    result.catch(() => undefined);
    running.push(result);
    if (running.length > depth) yield await running.shift()!;
  }
  for (const result of running) yield await result;
}
