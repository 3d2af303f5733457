import { checkMs, InvalidInputError } from '@rookery/core';
import type { BlobDriverSource } from './blob.driver.js';
import type { BlobPipeline } from './pipeline/stage.js';

/** What one container takes and where it keeps it. */
export interface BlobContainerOptions {
  /** @default that of BlobModule, else the app's database */
  driver?: BlobDriverSource;
  /** Bytes that one blob may have. @default no limit */
  maxBytes?: number;
  /** Content types it takes: `application/pdf`, `image/*`. @default all */
  contentTypes?: readonly string[];
  /** Compression and encryption. Changing it leaves older blobs readable. @default none */
  pipeline?: BlobPipeline;
  /** Whether each tenant has its own, when BlobModule has a `tenant` resolver. @default true */
  perTenant?: boolean;
}

/** How the app's own links to blobs are made and checked. */
export interface BlobUrlOptions {
  /**
   * Signs the links; at least 32 characters, the same on all replicas. With several, the first signs and all are
   * accepted: put the new one in front to change it.
   */
  secret: string | readonly string[];
  /** Where BlobController answers, as browsers see it. @default '/blobs' */
  baseUrl?: string;
}

/** Options of `BlobModule.forRoot()`. */
export interface BlobModuleOptions {
  /** Where containers keep their blobs that name no driver themselves. @default databaseBlobs() over the app's DataSource */
  driver?: BlobDriverSource;
  /** For containers that do not say otherwise. */
  defaults?: Omit<BlobContainerOptions, 'driver'>;
  /** By container name; wins over what its class says. */
  containers?: Record<string, BlobContainerOptions>;
  /** Whose blobs the current call is about; undefined for none. Called for every operation. @default all share */
  tenant?: () => string | undefined;
  /** Needed for `url()` and `uploadUrl()` where the store cannot make links itself. */
  urls?: BlobUrlOptions;
  /** Milliseconds that the store may take for one step: a statement, a chunk, a commit. @default 10000 */
  deadlineMs?: number;
  /**
   * Milliseconds that replaced and deleted versions stay for those who still read them, and interrupted writes stay
   * before they are cleared away. @default 3600000
   */
  graceMs?: number;
  /** Milliseconds between two clearings, over all replicas; 0 turns them off. @default 600000 */
  sweepEveryMs?: number;
}

/** {@link BlobModuleOptions} with defaults, checked. @throws InvalidInputError */
export function checkedModuleOptions(options: BlobModuleOptions) {
  const secrets = options.urls ? [options.urls.secret].flat() : [];
  if (options.urls && (secrets.length === 0 || secrets.some((secret) => secret.length < 32)))
    throw new InvalidInputError('urls.secret of BlobModule', 'missing or short', 'at least 32 characters');
  return {
    ...options,
    deadlineMs: checkMs('deadlineMs of BlobModule', options.deadlineMs ?? 10_000, 1),
    graceMs: checkMs('graceMs of BlobModule', options.graceMs ?? 3_600_000),
    sweepEveryMs: checkMs('sweepEveryMs of BlobModule', options.sweepEveryMs ?? 600_000),
  };
}

/** @throws InvalidInputError */
export function checkedContainerOptions(container: string, options: BlobContainerOptions): BlobContainerOptions {
  const { maxBytes } = options;
  if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && maxBytes >= 0))
    throw new InvalidInputError(`maxBytes of container "${container}"`, maxBytes, 'a whole number of bytes');
  return options;
}
