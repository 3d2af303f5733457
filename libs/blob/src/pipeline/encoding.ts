import { inPieces } from '../transfer/chunks.js';
import { compression } from './compression.js';
import type { BlobPipeline, BlobStage, PieceTransform } from './stage.js';

/** Bytes of content per piece. */
const PIECE_BYTES = 256 * 1024;

/** What is kept with a blob about how it was encoded. */
interface Encoding {
  pieceBytes: number;
  /** Id and note of each stage, in the order of writing. */
  stages: [id: string, note: string][];
}

/** How to write one blob: what to keep about it, and what to do with each piece. Undefined when there is nothing to do. */
export function encoderOf(pipeline: BlobPipeline = []) {
  const stages = pipeline.flatMap((stage) => {
    const encoder = stage.encoder();
    return encoder ? [{ id: stage.id, ...encoder }] : [];
  });
  if (stages.length === 0) return undefined;
  const encoding: Encoding = { pieceBytes: PIECE_BYTES, stages: stages.map(({ id, note }) => [id, note]) };
  return {
    encoding: JSON.stringify(encoding),
    encode: (content: AsyncIterable<Buffer>) => encoded(content, inTurn(stages.map(({ encode }) => encode))),
  };
}

/** How to read a blob that was written so. @throws when a stage or key is missing */
export function decoderOf(
  pipeline: BlobPipeline = [],
  encoding: string,
): { pieceBytes: number; decode: PieceTransform } {
  const { pieceBytes, stages } = JSON.parse(encoding) as Encoding;
  const decoders = stages.map(([id, note]) => stageOf(pipeline, id).decoder(note, pieceBytes));
  return { pieceBytes, decode: inTurn(decoders.reverse()) };
}

/** Compression needs no secret, so it is read also where the pipeline no longer has it. */
function stageOf(pipeline: BlobPipeline, id: string): BlobStage {
  const stage = [...pipeline, compression()].find((candidate) => candidate.id === id);
  if (!stage) throw new Error(`it was written through the stage "${id}", which the container's pipeline no longer has`);
  return stage;
}

/**
 * The stored form: every piece with its length before it, then all lengths again and the content's size, so that a part
 * can be found from the end. An empty blob has one empty piece: that it is empty is protected, too.
 */
async function* encoded(content: AsyncIterable<Buffer>, transform: PieceTransform): AsyncGenerator<Buffer> {
  const lengths: number[] = [];
  let size = 0;
  let held: Buffer | undefined;
  const frame = async (piece: Buffer, isLast: boolean) => {
    const payload = await transform(piece, { index: lengths.length, isLast });
    lengths.push(payload.length);
    return Buffer.concat([uint32(payload.length), payload]);
  };
  for await (const piece of inPieces(content, PIECE_BYTES)) {
    size += piece.length;
    if (held) yield await frame(held, false);
    held = piece;
  }
  yield await frame(held ?? Buffer.alloc(0), true);
  const ending = Buffer.alloc(8);
  ending.writeBigUInt64BE(BigInt(size));
  yield Buffer.concat([...lengths.map(uint32), ending]);
}

function inTurn(transforms: PieceTransform[]): PieceTransform {
  return async (piece, position) => {
    let result = piece;
    for (const transform of transforms) result = await transform(result, position);
    return result;
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
