import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RookeryError } from '@rookery/core';
import { Doctor } from '../doctor/doctor.service.js';
import { useCluster } from '../use-cluster.js';
import type { Diagnosis } from '../doctor/finding.js';

/**
 * Makes the app's objects and looks at them. Nothing is started: no schedule, no job, no server. What main.ts does
 * cannot be seen; it is taken to call `useCluster`.
 */
export async function diagnosisOfModule(file: string): Promise<Diagnosis> {
  await import('reflect-metadata');
  const rootModule = await rootModuleOf(file);
  const app = await NestFactory.create(rootModule, { logger: false, abortOnError: false });
  try {
    return await useCluster(app).get(Doctor, { strict: false }).examine();
  } finally {
    await app.close();
  }
}

async function rootModuleOf(file: string): Promise<Type> {
  const path = resolve(file);
  const exported = (await import(pathToFileURL(path).href).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new RookeryError(
      'ROOKERY_CLI',
      `There is no ${path}. Give the built file of the root module, e.g. dist/app.module.js.`,
    );
  })) as Record<string, unknown>;
  const found = exported.AppModule ?? exported.default ?? Object.values(exported).find(isModule);
  if (isModule(found)) return found;
  throw new RookeryError(
    'ROOKERY_CLI',
    `${path} exports no module: neither AppModule, nor a default, nor any class ending in "Module".`,
  );
}

function isModule(value: unknown): value is Type {
  return typeof value === 'function' && value.name.endsWith('Module');
}
