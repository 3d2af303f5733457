import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { InvalidInputError } from '@rookery/core';
import type { BlobStage, PiecePosition } from './stage.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** Options of `encryption()`. */
export interface EncryptionOptions {
  /** 32 bytes each, as a Buffer or in base64, by an id of your choice. Ids are kept with the blobs, keys never. */
  keys: Record<string, Uint8Array | string>;
  /** Id of the key for new blobs; the others only read older ones. `null` encrypts no new blobs. */
  current: string | null;
}

/**
 * Encrypts blobs on their way into the store: AES-256-GCM, piece by piece, under a key of each blob's own. Change the key
 * by adding one and naming it `current`; blobs under the old ones stay readable for as long as their keys are listed.
 *
 * @throws InvalidInputError for keys of another length, or an unknown `current`
 * @example encryption({ keys: { '2026': process.env.BLOB_KEY! }, current: '2026' })
 */
export function encryption({ keys, current }: EncryptionOptions): BlobStage {
  const secrets = new Map(Object.entries(keys).map(([id, key]) => [id, checkedKey(id, key)]));
  if (current !== null && !secrets.has(current))
    throw new InvalidInputError('current of encryption()', current, 'the id of one of its keys');
  return {
    id: CIPHER,
    encoder: () => {
      if (current === null) return null;
      const salt = randomBytes(KEY_BYTES);
      const key = blobKey(secrets.get(current)!, salt);
      return {
        note: `${current} ${salt.toString('base64')}`,
        encode: (piece, position) => {
          const cipher = createCipheriv(CIPHER, key, nonce(position));
          return Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()]);
        },
      };
    },
    decoder: (note) => {
      const [id, salt] = note.split(' ');
      const secret = secrets.get(id);
      if (!secret) throw new Error(`it is encrypted with key "${id}", which is not among the keys of encryption()`);
      const key = blobKey(secret, Buffer.from(salt, 'base64'));
      return (piece, position) => {
        const decipher = createDecipheriv(CIPHER, key, nonce(position), { authTagLength: TAG_BYTES });
        decipher.setAuthTag(piece.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(piece.subarray(0, -TAG_BYTES)), decipher.final()]);
      };
    },
  };
}

/** A key of the blob's own: so the nonces below are never used twice with one key. */
function blobKey(secret: Uint8Array, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, 'rookery blob', KEY_BYTES));
}

/** Where the piece belongs is part of the nonce: moved to another place, it does not decrypt. */
function nonce({ index, isLast }: PiecePosition): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(index, 0);
  bytes[4] = isLast ? 1 : 0;
  return bytes;
}

function checkedKey(id: string, key: Uint8Array | string): Uint8Array {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : key;
  if (bytes.length !== KEY_BYTES || !/^[A-Za-z0-9_.-]{1,64}$/.test(id))
    throw new InvalidInputError(
      `Key "${id.slice(0, 64)}" of encryption()`,
      `${bytes.length} bytes long`,
      '32 bytes (a Buffer or base64), under an id of letters, digits, "_", "." and "-"',
    );
  return bytes;
}
