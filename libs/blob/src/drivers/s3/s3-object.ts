import type { StoredBlob } from '../../blob.driver.js';

/** S3 keeps metadata in headers; ours are told apart by this prefix. */
const SHA256 = 'rookery-sha256';
const SIZE = 'rookery-size';
const ENCODING = 'rookery-encoding';

/** The parts of GetObject's and HeadObject's answers that tell about an object. */
export interface ObjectFacts {
  ETag?: string;
  LastModified?: Date;
  ContentType?: string;
  Metadata?: Record<string, string>;
}

/** The checksum and size of the content, as far as they are known. */
export interface Digest {
  size: number;
  sha256: string;
}

/** Metadata as headers carry it: ASCII only. */
export function headersOf(metadata: Record<string, string>, encoding: string | undefined): Record<string, string> {
  const headers = Object.entries(metadata).map(([key, value]) => [key, encodeURIComponent(value)]);
  if (encoding !== undefined) headers.push([ENCODING, encodeURIComponent(encoding)]);
  return Object.fromEntries(headers) as Record<string, string>;
}

export function digestHeaders({ size, sha256 }: Digest): Record<string, string> {
  return { [SHA256]: sha256, [SIZE]: String(size) };
}

/** An object as a blob; `digest` from its tag where the headers have none. */
export function storedBlob(name: string, storedBytes: number, object: ObjectFacts, digest?: Digest): StoredBlob {
  const { [SHA256]: sha256, [SIZE]: size, [ENCODING]: encoding, ...metadata } = object.Metadata ?? {};
  return {
    name,
    storedBytes,
    size: size === undefined ? (digest?.size ?? storedBytes) : Number(size),
    sha256: sha256 ?? digest?.sha256,
    contentType: object.ContentType ?? 'application/octet-stream',
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, decoded(value)])),
    encoding: encoding === undefined ? undefined : decoded(encoding),
    etag: bare(object.ETag),
    createdAt: object.LastModified ?? new Date(0),
  };
}

/** Whether the digest must be looked for in the object's tag: only those uploaded in parts have it there. */
export function mayHaveDigestTag({ ETag, Metadata }: ObjectFacts): boolean {
  return Metadata?.[SHA256] === undefined && /-\d+"?$/.test(ETag ?? '');
}

/** An ETag without its quotes. */
export function bare(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

/** Others may have written the object, with a metadata value that is no percent-encoding. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
