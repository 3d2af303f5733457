import { databaseBlobs } from '@rookery/blob/database';
import { DataSource } from 'typeorm';
import { describe } from 'vitest';
import { blobDriverContract } from '@rookery/blob/testing';
import { freshPostgresUrl } from '../services.js';
import { hasMariadb, startMariadb } from './blob.mariadb.js';

blobDriverContract('PostgreSQL', async () => {
  const dataSource = new DataSource({ type: 'postgres', url: await freshPostgresUrl(), installExtensions: false });
  return { driver: databaseBlobs({ dataSource }) };
});

blobDriverContract('SQLite', async () => ({
  driver: databaseBlobs({ dataSource: new DataSource({ type: 'sqljs' }) }),
}));

describe.skipIf(!hasMariadb)('MariaDB (was not tested where this is skipped: there is no mariadbd)', () => {
  blobDriverContract('MariaDB', async () => {
    const { dataSource, stop } = await startMariadb();
    return { driver: databaseBlobs({ dataSource }), close: stop };
  });
});
