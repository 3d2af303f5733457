import { Injectable } from '@nestjs/common';
import type { BlobContainerOptions } from '../blob.options.js';

const DEFINITION = Symbol('rookery:blob-container');
const DEFAULT: ContainerDefinition = { name: 'default', options: {} };

/** What `@BlobContainer` says about a class. */
export interface ContainerDefinition {
  name: string;
  options: BlobContainerOptions;
}

/**
 * Makes a class a container of its own, to be injected by its type. List it in `BlobModule.forFeature()`.
 *
 * @param name 1 to 63 lower-case letters, digits and "-"
 * @example
 * @BlobContainer('invoices', { maxBytes: 20_000_000, contentTypes: ['application/pdf'] })
 * export class Invoices extends BlobStore {}
 */
export function BlobContainer(name: string, options: BlobContainerOptions = {}): ClassDecorator {
  return (target) => {
    Injectable()(target);
    Reflect.defineMetadata(DEFINITION, { name, options } satisfies ContainerDefinition, target);
  };
}

/** The container of a class; that of BlobStore itself, or of a subclass without a decorator, is `default`. */
export function definitionOf(store: object): ContainerDefinition {
  const definition = Reflect.getMetadata(DEFINITION, store) as ContainerDefinition | undefined;
  return definition ?? DEFAULT;
}
