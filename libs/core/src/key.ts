import { InvalidInputError } from './rookery.error.js';

/**
 * Checks text that a user chose for a name: 1 to `maxBytes` bytes, no control characters.
 *
 * @throws InvalidInputError naming `what`
 */
export function checkName(what: string, value: unknown, maxBytes = 256): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (
    typeof value === 'string' &&
    value !== '' &&
    Buffer.byteLength(value) <= maxBytes &&
    !/[\u0000-\u001f\u007f]/.test(value)
  )
    return value;
  throw new InvalidInputError(what, value, `a string of 1 to ${maxBytes} bytes without control characters`);
}

/** Checks a namespace: what keeps two apps on one store apart. */
export function checkNamespace(namespace: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(namespace)) return namespace;
  throw new InvalidInputError(
    'The namespace',
    namespace,
    '1 to 63 letters, digits, "_", "." or "-", beginning with a letter or digit',
  );
}

/**
 * Builds every key that Rookery writes to Redis: `<namespace>:<module>:{<resource>}:<part>`. The braces are a hash tag:
 * all keys of one resource live on one node of a Redis Cluster, so that one script may touch them together.
 *
 * @example resourceKey('shop', 'lock', 'invoice:42', 'fence') // 'shop:lock:{invoice:42}:fence'
 */
export function resourceKey(namespace: string, module: string, resource: string, part?: string): string {
  const tagged = `${namespace}:${module}:{${escapeTag(resource)}}`;
  return part === undefined ? tagged : `${tagged}:${part}`;
}

/** A brace inside the user's text would end the hash tag early and tear a resource's keys apart. */
function escapeTag(text: string): string {
  return /[%{}]/.test(text) ? text.replace(/[%{}]/g, encodeURIComponent) : text;
}
