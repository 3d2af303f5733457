import { memoryBlobs } from '@rookery/blob';
import { blobDriverContract } from '../../libs/blob/src/testing/blob-driver.contract.js';

blobDriverContract('memory', async () => ({ driver: memoryBlobs() }));
