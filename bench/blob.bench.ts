import { join } from 'node:path';
import { fileSystemBlobs } from '@rookery/blob/fs';
import type { Bench } from './bench.js';
import { databasePlace, directory } from './blob/places.js';
import { databaseRows } from './blob/database.js';
import { directoryRows } from './blob/directory.js';
import { manyBlobs } from './blob/many.js';
import { s3Rows } from './blob/s3.js';

/** Each store beside the same work done by hand with its own client. The S3 rows need S3_ENDPOINT. */
const bench: Bench = {
  database: async ({ postgresUrl }) => {
    await using place = await databasePlace(postgresUrl);
    return await databaseRows(place);
  },
  fs: async () => {
    await using place = await directory();
    return await directoryRows(place.path);
  },
  'many-database': async ({ postgresUrl }) => {
    await using place = await databasePlace(postgresUrl);
    return await manyBlobs('database', place.driver);
  },
  'many-fs': async () => {
    await using place = await directory();
    return await manyBlobs('fs', (namespace) => fileSystemBlobs({ directory: join(place.path, namespace) }));
  },
  s3: async () => (process.env.S3_ENDPOINT ? s3Rows(process.env.S3_ENDPOINT) : []),
};
export default bench;
