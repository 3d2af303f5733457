import { BlobContainer, BlobStore } from '@rookery/blob';

/** The invoices of all subscriptions: `<subscription id>/<number>.pdf`. */
@BlobContainer('invoices', { maxBytes: 5_000_000, contentTypes: ['application/pdf'] })
export class Invoices extends BlobStore {}
