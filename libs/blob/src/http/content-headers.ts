import { create as contentDisposition } from 'content-disposition';
import type { BlobInfo } from '../blob-info.js';
import { bareType } from '../transfer/content-type.js';

/** How a browser is to treat a blob. */
export interface DispositionOptions {
  /**
   * `inline` shows it in the page, but only types that cannot run code there (images save SVG, PDF, sound, film, plain
   * text); others are downloaded all the same. @default 'attachment'
   */
  disposition?: 'inline' | 'attachment';
  /** What it is called when saved. @default the last part of its name */
  filename?: string;
}

/** Types that browsers show without running anything in the page's name. Unknown types are not among them. */
const INERT =
  /^(image\/(png|jpeg|gif|webp|avif|bmp|x-icon|vnd\.microsoft\.icon)|application\/pdf|text\/plain|(audio|video)\/.+)$/;

/** The `Content-Disposition` header. */
export function dispositionOf(blob: Pick<BlobInfo, 'name' | 'contentType'>, options: DispositionOptions = {}): string {
  const filename = options.filename ?? blob.name.slice(blob.name.lastIndexOf('/') + 1);
  const inline = options.disposition === 'inline' && INERT.test(bareType(blob.contentType));
  return contentDisposition(filename, { type: inline ? 'inline' : 'attachment' });
}

/** HTTP counts in whole seconds. */
export function lastModified({ createdAt }: BlobInfo): number {
  return Math.floor(createdAt.getTime() / 1000) * 1000;
}
