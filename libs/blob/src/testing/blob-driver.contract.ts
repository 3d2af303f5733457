import { randomBytes } from 'node:crypto';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe } from 'vitest';
import type { BlobDriverSource } from '../blob.driver.js';
import { BlobModule } from '../blob.module.js';
import { BlobStore } from '../blob.store.js';
import { BlobContainer } from '../decorators/blob-container.decorator.js';
import { compression } from '../pipeline/compression.js';
import { encryption } from '../pipeline/encryption.js';
import type { BlobPipeline } from '../pipeline/stage.js';
import { conditions } from './contract/conditions.js';
import { contents } from './contract/contents.js';
import { failures } from './contract/failures.js';
import { listings } from './contract/listings.js';
import { ranges } from './contract/ranges.js';

/** A driver under test, and what to do when all is over. */
export interface BlobDriverFixture {
  driver: BlobDriverSource;
  /** Gives back what the fixture itself holds. */
  close?(): Promise<void>;
}

/**
 * The suite that every driver passes, as users meet it: once plain, once through compression and encryption. For Vitest.
 *
 * @example blobDriverContract('my driver', async () => ({ driver: myBlobs({ … }) }));
 */
export function blobDriverContract(what: string, fixture: () => Promise<BlobDriverFixture>): void {
  const pipeline = [compression(), encryption({ keys: { k1: randomBytes(32) }, current: 'k1' })];
  suite(`blobs in ${what}`, fixture, {});
  suite(`blobs in ${what}, compressed and encrypted`, fixture, { pipeline });
}

function suite(title: string, fixture: () => Promise<BlobDriverFixture>, defaults: { pipeline?: BlobPipeline }) {
  @BlobContainer('main')
  class Main extends BlobStore {}

  @BlobContainer('other', { maxBytes: 2_000_000, contentTypes: ['text/plain', 'image/*', 'application/octet-stream'] })
  class Other extends BlobStore {}

  describe(title, () => {
    let app: INestApplicationContext;
    let made: BlobDriverFixture;
    beforeAll(async () => {
      made = await fixture();
      const imports = [
        BlobModule.forRoot({ driver: made.driver, defaults, deadlineMs: 60_000 }),
        BlobModule.forFeature([Main, Other]),
      ];
      class TestApp {}
      Module({ imports })(TestApp);
      app = await NestFactory.createApplicationContext(TestApp, { logger: false });
    });
    afterAll(async () => {
      await app?.close();
      await made?.close?.();
    });
    const subject = { store: () => app.get(Main), other: () => app.get(Other) };
    contents(subject);
    ranges(subject);
    conditions(subject);
    listings(subject);
    failures(subject);
  });
}
