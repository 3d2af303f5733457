export { blobDriverContract, type BlobDriverFixture } from './blob-driver.contract.js';
export { chaosBlobs, type ChaosBlobs, type ChaosCall } from './chaos-blobs.js';
