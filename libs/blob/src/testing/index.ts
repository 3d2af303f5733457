export { blobDriverContract, type BlobDriverFixture } from './blob-driver.contract.js';
