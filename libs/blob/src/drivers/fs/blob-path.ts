import { createHash } from 'node:crypto';
import { join } from 'node:path';

const MAX_FILE_NAME = 180;
const LONG = '!!';

/** Spreads names evenly. */
export function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

/** A container's directory. Tenants may differ in case only, which some file systems cannot tell apart. */
export function containerPath(root: string, container: string): string {
  return join(root, escaped(keyOf(container)));
}

/**
 * Where a blob's file is. Nothing of its name is left that a file system gives a meaning: no slashes, no dots at the
 * beginning, no upper case (some file systems ignore case). Two levels of 16 directories keep each of them small.
 */
export function blobPath(root: string, container: string, name: string): string {
  const hash = hashOf(name);
  return join(containerPath(root, container), hash[0], hash[1], fileOf(name));
}

/** The file's name of a blob: as much as its container keeps of its name. */
export function fileOf(name: string): string {
  const file = escaped(keyOf(name));
  return file.length <= MAX_FILE_NAME ? file : `${LONG}${hashOf(name)}`;
}

/** Where within its container the blob is whose name was too long to be a file's; undefined for all others. */
export function pathOfLong(file: string): string | undefined {
  return file.startsWith(LONG) ? join(file[LONG.length], file[LONG.length + 1], file) : undefined;
}

/** A name as a string with one character per byte: comparing two of them is comparing their UTF-8 bytes. */
export function keyOf(name: string): string {
  return Buffer.from(name).toString('latin1');
}

export function nameOf(key: string): string {
  return Buffer.from(key, 'latin1').toString();
}

/** A key as a file's name. */
export function escaped(key: string): string {
  return key.replace(/^\.|[^a-z0-9_.-]/g, (byte) => `!${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The key that became this file's name. */
export function unescaped(file: string): string {
  return file.replace(/!([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
