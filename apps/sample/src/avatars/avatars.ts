import { BlobContainer, BlobStore } from '@rookery/blob';

/** One picture for each subscription, by its id. */
@BlobContainer('avatars', { maxBytes: 1_000_000, contentTypes: ['image/png', 'image/jpeg', 'image/webp'] })
export class Avatars extends BlobStore {}
