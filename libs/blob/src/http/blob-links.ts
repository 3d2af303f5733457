import { Injectable } from '@nestjs/common';
import { InvalidInputError } from '@rookery/core';
import { BlobContainers, type OpenContainer } from '../blob.containers.js';
import { BlobUrlError } from '../blob.errors.js';
import { LinkSigner, type LinkClaims } from './signed-links.js';

/** The app's own links to blobs. */
@Injectable()
export class BlobLinks {
  private readonly signer: LinkSigner | undefined;
  private readonly baseUrl: string;

  constructor(private readonly containers: BlobContainers) {
    const { urls } = containers.options;
    this.signer = urls && new LinkSigner(urls.secret);
    this.baseUrl = (urls?.baseUrl ?? '/blobs').replace(/\/+$/, '');
  }

  /** @throws InvalidInputError without a secret */
  make(claims: LinkClaims): string {
    const { name, filename } = claims;
    const last =
      claims.method === 'GET' ? `/${encodeURIComponent(filename ?? name.slice(name.lastIndexOf('/') + 1))}` : '';
    return `${this.baseUrl}/${this.secretSigner().sign(claims)}${last}`;
  }

  /** The container a link leads to, as the tenant sees it for whom it was made. @throws BlobUrlError */
  async open(token: string, method: LinkClaims['method']): Promise<{ container: OpenContainer; claims: LinkClaims }> {
    const claims = this.secretSigner().verify(token, method);
    const container = await this.containers.find(claims.container);
    if (!container) throw new BlobUrlError('leads to a container that this app does not have');
    return { container: { ...container, scope: () => claims.scope }, claims };
  }

  private secretSigner(): LinkSigner {
    if (this.signer) return this.signer;
    throw new InvalidInputError(
      'urls of BlobModule',
      undefined,
      '{ secret: at least 32 characters } to make links that the app serves itself',
    );
  }
}
