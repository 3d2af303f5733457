import { memoryBlobs } from '@rookery/blob';
import { blobDriverContract } from '@rookery/blob/testing';

blobDriverContract('memory', async () => ({ driver: memoryBlobs() }));
