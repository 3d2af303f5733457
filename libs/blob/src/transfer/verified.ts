import { createHash } from 'node:crypto';

/**
 * Content on its way out, checked against what was put. The last piece is held back until the checksum is known to be
 * right, so nobody ever gets a damaged blob to its end.
 */
export async function* verified(
  body: AsyncIterable<Buffer>,
  expected: { size: number; sha256?: string },
  damaged: (why: string) => Error,
): AsyncGenerator<Buffer> {
  const hash = expected.sha256 === undefined ? undefined : createHash('sha256');
  let size = 0;
  let held: Buffer | undefined;
  for await (const chunk of body) {
    if (held) yield held;
    hash?.update(chunk);
    size += chunk.length;
    held = chunk;
  }
  if (size !== expected.size) throw damaged(`it has ${size} bytes instead of ${expected.size}`);
  if (hash && hash.digest('hex') !== expected.sha256) throw damaged('its checksum is not the one of what was put');
  if (held) yield held;
}
