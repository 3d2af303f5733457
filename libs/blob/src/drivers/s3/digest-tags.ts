import { GetObjectTaggingCommand, PutObjectTaggingCommand, type S3Client } from '@aws-sdk/client-s3';
import { isUnknown } from './s3-errors.js';
import { bare, mayHaveDigestTag, type Digest, type ObjectFacts } from './s3-object.js';

const TAG = 'rookery-digest';
/** Versions whose digest is remembered. */
const REMEMBERED = 1_000;

/** Digests of objects uploaded in parts: headers go before the first part, so what is known after the last is a tag. */
export class DigestTags {
  private readonly known = new Map<string, Digest>();

  constructor(private readonly place: { client: S3Client; bucket: string }) {}

  /** The tag names the version it is about: a later upload may be in place when the tag arrives. */
  async write(key: string, etag: string, { size, sha256 }: Digest): Promise<void> {
    if (!etag.includes('-')) return;
    const TagSet = [{ Key: TAG, Value: `${etag}:${sha256}:${size}` }];
    const { client, bucket } = this.place;
    await client
      .send(new PutObjectTaggingCommand({ Bucket: bucket, Key: key, Tagging: { TagSet } }))
      .catch((error: unknown) => {
        // Some services have no tags: then the blob has no sha256. Without its size an encoded blob would be unreadable,
        // but that is told from its own last bytes.
        if (!isUnknown(error)) throw error;
      });
  }

  /** Undefined where the headers say it, or nobody. */
  async find(key: string, object: ObjectFacts): Promise<Digest | undefined> {
    if (!mayHaveDigestTag(object)) return undefined;
    // Of one version it never changes, and asking holds a download up.
    const version = `${key} ${object.ETag} ${object.LastModified?.getTime()}`;
    const digest = this.known.get(version) ?? (await this.ask(key, bare(object.ETag)));
    if (!digest) return undefined;
    this.known.delete(version);
    this.known.set(version, digest);
    if (this.known.size > REMEMBERED) this.known.delete(this.known.keys().next().value!);
    return digest;
  }

  private async ask(key: string, etag: string): Promise<Digest | undefined> {
    const command = new GetObjectTaggingCommand({ Bucket: this.place.bucket, Key: key });
    const { TagSet } = await this.place.client.send(command).catch(() => ({ TagSet: [] }));
    const tag = TagSet?.find(({ Key }) => Key === TAG)?.Value ?? '';
    const [of, sha256, size] = tag.split(':');
    return of === etag && sha256 ? { sha256, size: Number(size) } : undefined;
  }
}
