import { createHash } from 'node:crypto';
import { join } from 'node:path';

const MAX_FILE_NAME = 180;
const LONG = '!!';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A container's directory. Tenants may differ in case only, which some file systems cannot tell apart. */
export function containerPath(root: string, container: string): string {
  return join(root, escaped(container));
}

/**
 * Where a blob's file is. Nothing of its name is left that a file system gives a meaning: no slashes, no dots at the
 * beginning, no upper case (some file systems ignore case). Two levels of 16 directories keep each of them small.
 */
export function blobPath(root: string, container: string, name: string): string {
  const hash = sha256(name);
  const file = escaped(name);
  return join(containerPath(root, container), hash[0], hash[1], file.length <= MAX_FILE_NAME ? file : `${LONG}${hash}`);
}

/** The blob's name; undefined when it was too long to be a file's name, and only the file itself knows it. */
export function nameOf(file: string): string | undefined {
  if (file.startsWith(LONG)) return undefined;
  return Buffer.from(
    file.replace(/!([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString();
}

function escaped(name: string): string {
  return [...Buffer.from(name)]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const plain = /[a-z0-9_-]/.test(character) || (character === '.' && index > 0);
      return plain ? character : `!${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
