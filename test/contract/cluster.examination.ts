import { Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ClusterModule, Doctor, useCluster, type ClusterModuleOptions, type Diagnosis } from '@rookery/cluster';
import { memory } from '@rookery/core';

/** The smallest cluster: what is tested here does not depend on the other modules. */
export const LOCK_ONLY = { cache: false, blob: false, jobs: false, workers: false, realtime: false } as const;

/** An app for the doctor to look at. */
export interface Examined extends Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'> {
  options?: ClusterModuleOptions & Record<string, unknown>;
  /** What main.ts does to the app. @default useCluster */
  main?: (app: NestExpressApplication) => unknown;
  /** Runs between the boot and the examination. */
  before?: (app: NestExpressApplication) => unknown;
}

/** Boots the app, has it examined, closes it. */
export async function examine({ options = {}, main, before, imports = [], ...rest }: Examined): Promise<Diagnosis> {
  const cluster = ClusterModule.forRoot({ backend: memory(), ...LOCK_ONLY, ...options });
  @Module({ imports: [cluster, ...imports], ...rest })
  class AppModule {}
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: false, abortOnError: false });
  await (main ?? useCluster)(app);
  try {
    await app.init();
    await before?.(app);
    return await app.get(Doctor).examine();
  } finally {
    await app.close();
  }
}

/** What a check found in the app, as text. */
export async function found(id: string, app: Examined): Promise<string[]> {
  const { findings, unexamined } = await examine(app);
  if (unexamined.some((one) => one.id === id)) throw new Error(`${id} was not examined: ${JSON.stringify(unexamined)}`);
  return findings.filter((finding) => finding.id === id).map((finding) => finding.found);
}
