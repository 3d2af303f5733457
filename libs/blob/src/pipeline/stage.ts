/** Which piece of a blob is worked on: pieces cannot be swapped, dropped or cut off unseen. */
export interface PiecePosition {
  index: number;
  isLast: boolean;
}

/** Works on one piece. */
export type PieceTransform = (piece: Buffer, position: PiecePosition) => Buffer | Promise<Buffer>;

/**
 * A step of a pipeline. Works on pieces of 256 KiB, each by itself, so that a part of a blob is read without the rest.
 */
export interface BlobStage {
  /** Kept with every blob, to find the stage again when it is read. */
  readonly id: string;

  /** For a new blob. `note` is kept with it (not secret); null when this stage only reads older blobs. */
  encoder(): { note: string; encode: PieceTransform } | null;

  /** For a blob that was written with this note. @throws when that cannot be read any more */
  decoder(note: string, maxBytes: number): PieceTransform;
}

/** Stages in the order in which content passes them on its way into the store. */
export type BlobPipeline = readonly BlobStage[];
