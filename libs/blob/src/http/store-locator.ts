import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { InvalidInputError } from '@rookery/core';
import type { BlobStore } from '../blob.store.js';

const LOCATOR = Symbol('rookery:blob-stores');

/** What Express hangs on a request. */
interface ExpressRequest {
  app?: { locals?: Record<symbol, ((store: Type<BlobStore>) => BlobStore) | undefined> };
}

/**
 * Lets a decorator's argument, which is made before any app is, find the app's own containers: through the request, so
 * that two apps in one process never meet.
 */
@Injectable()
export class StoreLocator implements OnModuleInit {
  constructor(
    private readonly http: HttpAdapterHost,
    private readonly app: ModuleRef,
  ) {}

  onModuleInit(): void {
    const instance = this.http.httpAdapter?.getInstance<ExpressRequest['app']>();
    if (instance?.locals) instance.locals[LOCATOR] = (store) => this.app.get(store, { strict: false });
  }
}

/** @throws InvalidInputError outside Express, or without BlobModule */
export function storeBehind(request: object, store: Type<BlobStore>): BlobStore {
  const locate = (request as ExpressRequest).app?.locals?.[LOCATOR];
  if (locate) return locate(store);
  throw new InvalidInputError(
    `The request for blobStorage(${store.name})`,
    'not of an Express app with BlobModule',
    'one: import BlobModule (or ClusterModule) and use @nestjs/platform-express',
  );
}
