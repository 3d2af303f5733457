import {
  CopyObjectCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import type { BlobEntry, ByteRange } from '../../blob-info.js';
import type {
  BlobAddress,
  BlobDriver,
  BlobListing,
  BlobRead,
  BlobWrite,
  PresignRequest,
  StoredBlob,
} from '../../blob.driver.js';
import { DigestTags } from './digest-tags.js';
import { getObject, resumed } from './s3-download.js';
import { isMissing, isUnmet } from './s3-errors.js';
import { bare, storedBlob, type ObjectFacts } from './s3-object.js';
import { presignedGet, presignedPut } from './s3-presign.js';
import { sweepUploads } from './s3-sweep.js';
import { uploadObject } from './s3-upload.js';

/** S3 copies at most this much in one request. */
const MAX_COPY_BYTES = 5 * 1024 ** 3;

/** Times that an object may be replaced between looking at it and opening it. */
const MAX_REPLACED = 20;

/** What the driver is made of. */
export interface S3Place {
  client: S3Client;
  bucket: string;
  prefix: string;
  partBytes: number;
  partsInFlight: number;
  /** Whether the client is ours to close. */
  ownsClient: boolean;
}

/** Blobs as objects of a bucket, under their own names. */
export class S3BlobDriver implements BlobDriver {
  readonly kind = 's3';
  readonly address: string;
  private readonly tags: DigestTags;

  constructor(private readonly place: S3Place) {
    this.tags = new DigestTags(place);
    this.address = `s3://${place.bucket}/${place.prefix}`;
  }

  async open(): Promise<void> {
    await this.place.client.send(new HeadBucketCommand({ Bucket: this.place.bucket }));
  }

  async close(): Promise<void> {
    if (this.place.ownsClient) this.place.client.destroy();
  }

  async write(at: BlobAddress, body: AsyncIterable<Buffer>, write: BlobWrite): Promise<StoredBlob | null> {
    let storedBytes = 0;
    const counted = async function* () {
      for await (const chunk of body) {
        storedBytes += chunk.length;
        yield chunk;
      }
    };
    const target = { ...this.place, key: this.key(at) };
    const etag = await uploadObject(target, counted(), write);
    if (etag === null) return null;
    const { contentType, metadata, encoding } = write;
    const digest = write.digest();
    const [object] = await Promise.all([this.head(at), this.tags.write(target.key, etag, digest)]);
    const createdAt = (bare(object?.ETag) === etag && object?.LastModified) || new Date();
    return { name: at.name, storedBytes, ...digest, contentType, metadata, encoding, etag, createdAt };
  }

  async read(at: BlobAddress, { range, ...read }: BlobRead): ReturnType<BlobDriver['read']> {
    if (typeof range === 'function') return this.readPart(at, range, read);
    const source = { ...this.place, key: this.key(at) };
    const object = await getObject(source, { range, ...read });
    if (!object) return null;
    const total = Number(object.ContentRange?.split('/')[1] ?? object.ContentLength ?? 0);
    const stored = await this.withDigest(at, total, object);
    const whole = range ?? { start: 0, end: total - 1 };
    if (total > 0) return { stored, body: resumed(source, object, whole, read.signal) };
    (object.Body as Readable).destroy();
    return { stored, body: Readable.from([]) };
  }

  async stat(at: BlobAddress, { signal }: Pick<BlobRead, 'signal'> = {}): Promise<StoredBlob | null> {
    const object = await this.head(at, signal);
    return object && this.withDigest(at, object.ContentLength ?? 0, object);
  }

  async delete(at: BlobAddress, { etag, signal }: Pick<BlobRead, 'etag' | 'signal'> = {}): Promise<boolean> {
    const current = await this.stat(at, { signal });
    if (!current || (etag !== undefined && current.etag !== etag)) return false;
    await this.place.client.send(new DeleteObjectCommand({ Bucket: this.place.bucket, Key: this.key(at) }), {
      abortSignal: signal,
    });
    return true;
  }

  async list(container: string, { prefix, after, limit }: BlobListing): Promise<BlobEntry[]> {
    const base = this.key({ container, name: '' });
    const { Contents = [] } = await this.place.client.send(
      new ListObjectsV2Command({
        Bucket: this.place.bucket,
        Prefix: base + prefix,
        MaxKeys: Math.min(limit, 1_000),
        StartAfter: after === undefined ? undefined : base + after,
      }),
    );
    return Contents.map(({ Key = '', Size = 0, ETag, LastModified = new Date(0) }) => ({
      name: Key.slice(base.length),
      storedBytes: Size,
      etag: bare(ETag),
      createdAt: LastModified,
    }));
  }

  async copy(from: BlobAddress, to: BlobAddress, { onlyIf }: Pick<BlobWrite, 'onlyIf'>) {
    const source = await this.stat(from);
    if (!source) return null;
    if (source.storedBytes > MAX_COPY_BYTES || source.sha256 === undefined || typeof onlyIf === 'object')
      return undefined;
    // Not all services refuse the copy by themselves.
    if (onlyIf === 'absent' && (await this.stat(to))) return null;
    const copied = await this.place.client
      .send(
        new CopyObjectCommand({
          Bucket: this.place.bucket,
          Key: this.key(to),
          CopySource: `${this.place.bucket}/${encodeURIComponent(this.key(from))}`,
          CopySourceIfMatch: `"${source.etag}"`,
        }),
      )
      .catch(missingAsNull);
    return copied && this.stat(to);
  }

  presign(at: BlobAddress, request: PresignRequest): Promise<string> {
    return presignedGet({ ...this.place, key: this.key(at) }, request);
  }

  presignUpload(at: BlobAddress, request: Parameters<typeof presignedPut>[1]) {
    return presignedPut({ ...this.place, key: this.key(at) }, request);
  }

  sweep(request: { graceMs: number; everyMs: number }): Promise<number | null> {
    return sweepUploads(this.place, request);
  }

  /** Which part is known only by the object's facts; of the version that was looked at, then. */
  private async readPart(at: BlobAddress, range: (stored: StoredBlob) => ByteRange, read: Omit<BlobRead, 'range'>) {
    for (let attempt = 0; attempt < MAX_REPLACED; attempt++) {
      const stored = await this.stat(at, read);
      if (!stored || (read.etag !== undefined && stored.etag !== read.etag)) return null;
      const reading = await this.read(at, { ...read, range: range(stored), etag: stored.etag });
      if (reading) return reading;
    }
    throw new Error('it was replaced again and again while it was opened');
  }

  private head(at: BlobAddress, abortSignal?: AbortSignal) {
    const command = new HeadObjectCommand({ Bucket: this.place.bucket, Key: this.key(at) });
    return this.place.client.send(command, { abortSignal }).catch(missingAsNull);
  }

  private key({ container, name }: BlobAddress): string {
    return `${this.place.prefix}${container}/${name}`;
  }

  private async withDigest(at: BlobAddress, storedBytes: number, object: ObjectFacts): Promise<StoredBlob> {
    return storedBlob(at.name, storedBytes, object, await this.tags.find(this.key(at), object));
  }
}

function missingAsNull(error: unknown): null {
  if (isMissing(error) || isUnmet(error)) return null;
  throw error;
}
