import { BlobNameError } from './blob.errors.js';

const MAX_NAME = 256;
/** Control and format characters (zero width, bidirectional), line separators, private use, lone halves, non-characters. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}]/u;
/** What Windows, shells and URLs give a meaning of its own. */
const RESERVED = /[\\<>:"|?*]/;
/** Look like a slash, a backslash or a dot; NFKC turns some of them into one. */
const LOOK_ALIKES =
  /[\u2044\u2215\u29f8\u2216\u29f5\u29f9\ufe68\uff0f\uff3c\u2024\u2025\u2026\uff0e\ufe52\u3002\uff61]/;

/**
 * Checks a blob's name and brings it into one form (Unicode NFC), so that equal-looking names are equal everywhere. Parts
 * are divided by `/`.
 *
 * @throws BlobNameError saying what is wrong
 */
export function checkBlobName(given: unknown): string {
  if (typeof given !== 'string') throw new BlobNameError('A blob name', `must be a string, but is ${typeof given}`);
  const name = given.normalize('NFC');
  const wrong = whatIsWrong(name);
  if (wrong) throw new BlobNameError(`The blob name ${JSON.stringify(given.slice(0, 80))}`, wrong);
  return name;
}

/** Checks the beginning of names, as `list` takes it: like a name, but it may be empty or end anywhere. */
export function checkPrefix(given: string): string {
  const prefix = given.normalize('NFC');
  if (prefix.length > MAX_NAME || INVISIBLE.test(prefix))
    throw new BlobNameError('The prefix', `must have at most ${MAX_NAME} characters, none of them invisible`);
  return prefix;
}

function whatIsWrong(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > MAX_NAME) return `has ${name.length} characters, but may have ${MAX_NAME}`;
  if (INVISIBLE.test(name)) return 'has control characters or others that cannot be seen';
  if (RESERVED.test(name)) return 'has one of the reserved characters \\ < > : " | ? *';
  if (LOOK_ALIKES.test(name)) return 'has a character that only looks like "/", "\\" or "."';
  for (const part of name.split('/')) {
    if (part === '') return 'begins or ends with "/", or has an empty part';
    if (part === '.' || part === '..') return 'has a part "." or ".."';
    if (/[. ]$/.test(part)) return 'has a part that ends with a dot or a space';
    if (part.startsWith(' ')) return 'has a part that begins with a space';
  }
  return undefined;
}

/** @throws BlobNameError */
export function checkContainerName(name: unknown): string {
  if (typeof name === 'string' && /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw new BlobNameError(
    `The container name ${JSON.stringify(name)}`,
    'must be 1 to 63 lower-case letters, digits and "-", not at its ends',
  );
}

/** The container of one tenant. A container's name has no dot, so that no two pairs meet. @throws BlobNameError */
export function tenantContainer(container: string, tenant: string | undefined): string {
  if (tenant === undefined) return container;
  if (/^[A-Za-z0-9_-]{1,64}$/.test(tenant)) return `${container}.${tenant}`;
  throw new BlobNameError('The tenant', 'must be 1 to 64 letters, digits, "_" and "-"');
}

/** @throws BlobNameError */
export function checkMetadata(metadata: Record<string, string>): Record<string, string> {
  let bytes = 0;
  for (const [key, value] of Object.entries(metadata)) {
    if (!/^[a-z0-9](?:[a-z0-9_-]{0,62})$/.test(key) || key.startsWith('rookery-'))
      throw new BlobNameError(
        `The metadata key ${JSON.stringify(key.slice(0, 80))}`,
        'must be 1 to 63 lower-case letters, digits, "_" and "-", and not begin with "rookery-"',
      );
    if (typeof value !== 'string' || /\p{Cs}/u.test(value))
      throw new BlobNameError(`The metadata "${key}"`, 'must be a well-formed string');
    bytes += key.length + encodeURIComponent(value).length;
  }
  // S3 keeps 2 kB of headers; what fits there fits everywhere.
  if (bytes > 1_500) throw new BlobNameError('The metadata', `has ${bytes} bytes, but may have 1500`);
  return { ...metadata };
}
