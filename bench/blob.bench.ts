import { join } from 'node:path';
import { fileSystemBlobs } from '@rookery/blob/fs';
import type { Bench } from './bench.js';
import { databasePlace, directory } from './blob/places.js';
import { databaseRows } from './blob/database.js';
import { directoryRows } from './blob/directory.js';
import { manyBlobs } from './blob/many.js';
import { s3Rows } from './blob/s3.js';

/** Each store beside the same work done by hand with its own client. The S3 rows need S3_ENDPOINT. */
const bench: Bench = async ({ postgresUrl }) => {
  await using database = await databasePlace(postgresUrl);
  await using files = await directory();
  let places = 0;
  return [
    ...(await databaseRows(database)),
    ...(await directoryRows(files.path)),
    ...(await manyBlobs('database', () => database.driver(`n${++places}`))),
    ...(await manyBlobs('fs', () => fileSystemBlobs({ directory: join(files.path, `n${++places}`) }))),
    ...(process.env.S3_ENDPOINT ? await s3Rows(process.env.S3_ENDPOINT) : []),
  ];
};
export default bench;
