import { createHmac, timingSafeEqual } from 'node:crypto';
import { BlobUrlError } from '../blob.errors.js';

/** What a link allows: one method on one blob, for a while. */
export interface LinkClaims {
  method: 'GET' | 'PUT';
  container: string;
  /** The driver's container: that of the tenant for whom the link was made. */
  scope: string;
  name: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** Of a download: the version that was there, and how to hand it out. */
  etag?: string;
  disposition?: 'inline' | 'attachment';
  filename?: string;
  /** Of an upload: what may be sent. */
  contentType?: string;
  sizeBytes?: number;
}

/** Makes and checks the tokens of links: readable by whoever has one, but not to be changed. */
export class LinkSigner {
  private readonly secrets: readonly string[];

  constructor(secret: string | readonly string[]) {
    this.secrets = [secret].flat();
  }

  sign(claims: LinkClaims): string {
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${payload}.${mac(this.secrets[0], payload).toString('base64url')}`;
  }

  /** @throws BlobUrlError */
  verify(token: string, method: LinkClaims['method']): LinkClaims {
    const [payload = '', signature = '', ...rest] = token.split('.');
    const given = Buffer.from(signature, 'base64url');
    const genuine = this.secrets.map((secret) => mac(secret, payload)).some((wanted) => equal(wanted, given));
    if (!genuine || rest.length > 0) throw new BlobUrlError('is not valid');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as LinkClaims;
    if (claims.method !== method) throw new BlobUrlError(`is for ${claims.method}, not for ${method}`);
    if (Date.now() >= claims.expiresAt) throw new BlobUrlError('has expired');
    return claims;
  }
}

/** The purpose is part of what is signed: a secret used elsewhere, too, makes no links. */
function mac(secret: string, payload: string): Buffer {
  return createHmac('sha256', secret).update(`rookery blob link:${payload}`).digest();
}

function equal(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
