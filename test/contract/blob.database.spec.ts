import { databaseBlobs } from '@rookery/blob/database';
import { DataSource } from 'typeorm';
import { blobDriverContract } from '../../libs/blob/src/testing/blob-driver.contract.js';
import { freshPostgresUrl } from '../services.js';

blobDriverContract('PostgreSQL', async () => {
  const dataSource = new DataSource({ type: 'postgres', url: await freshPostgresUrl(), installExtensions: false });
  return { driver: databaseBlobs({ dataSource }) };
});

blobDriverContract('SQLite', async () => ({
  driver: databaseBlobs({ dataSource: new DataSource({ type: 'sqljs' }) }),
}));
