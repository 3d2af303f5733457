import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BlobModule, BlobStore, BlobSweeper, type BlobModuleOptions } from '@rookery/blob';

/** A small app around BlobModule; `store` is the container `default`. Closed at the end of its block. */
export async function openStore(options: BlobModuleOptions, imports: (DynamicModule | Type)[] = []) {
  class TestApp {}
  Module({ imports: [...imports, BlobModule.forRoot(options)] })(TestApp);
  const app = await NestFactory.createApplicationContext(TestApp, { logger: false, abortOnError: false });
  return {
    app,
    store: app.get(BlobStore),
    sweep: () => app.get(BlobSweeper).sweep(),
    [Symbol.asyncDispose]: () => app.close(),
  };
}
