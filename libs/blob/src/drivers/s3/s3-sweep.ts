import {
  AbortMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { S3Place } from './s3-blob.driver.js';
import { isMissing, isUnmet } from './s3-errors.js';
import { bare } from './s3-object.js';

/** Ends uploads in parts that were begun before `graceMs` and never finished: their parts cost money, unseen. */
export async function sweepUploads(place: S3Place, { graceMs, everyMs }: { graceMs: number; everyMs: number }) {
  const now = await myTurn(place, everyMs);
  if (now === null) return null;
  const { client, bucket: Bucket, prefix: Prefix } = place;
  let removed = 0;
  let after: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    const page = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix, ...after }));
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Initiated || now - Initiated.getTime() < graceMs) continue;
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      removed++;
    }
    if (!page.IsTruncated) return removed;
    after = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
  }
}

/**
 * The store's time, or null when a replica swept within `everyMs`. The marker's own age tells; of two replicas that find
 * it too old, its conditional replacement lets one through. (A service without conditional writes lets both: harmless.)
 */
async function myTurn({ client, bucket: Bucket, prefix }: S3Place, everyMs: number): Promise<number | null> {
  const Key = `${prefix}.rookery-swept`;
  const head = () => client.send(new HeadObjectCommand({ Bucket, Key }));
  try {
    const last = await head().catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    const condition = last ? { IfMatch: bare(last.ETag) } : { IfNoneMatch: '*' };
    if (last?.LastModified && Date.now() - last.LastModified.getTime() < everyMs) return null;
    await client.send(new PutObjectCommand({ Bucket, Key, Body: String(Date.now()), ...condition }));
    return (await head()).LastModified?.getTime() ?? Date.now();
  } catch (error) {
    if (isUnmet(error)) return null;
    throw error;
  }
}
