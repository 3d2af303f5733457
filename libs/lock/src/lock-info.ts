import type { LockMode, LockRecord } from './lock.driver.js';

/** One who holds a lock. */
export interface LockHolderInfo {
  /** The replica that acquired or adopted it. */
  replicaId: string;
  /** When it was granted, by the store's clock. */
  since: Date;
  fencingToken: number;
  /** How many permits it has. */
  weight: number;
  /** Milliseconds until its lease ends unless it is renewed. */
  expiresInMs: number;
}

/** A lock that is held, for operators and dashboards. */
export interface LockInfo {
  key: string;
  mode: LockMode;
  /** How many permits the key has; 1 unless the mode is `permits`. */
  permits: number;
  holders: LockHolderInfo[];
  /** How many stand in the store's line for it: of each process, at most the two who came first. */
  waiters: number;
}

/** A fencing token begins with the time of its grant in microseconds. */
export function infoOf({ holders, ...lock }: LockRecord): LockInfo {
  return {
    ...lock,
    holders: holders.map(({ owner, token, weight, expiresInMs }) => ({
      replicaId: replicaOf(owner),
      since: new Date(token / 1000),
      fencingToken: token,
      weight,
      expiresInMs,
    })),
  };
}

/** An owner is `<replica>/<anything>`. */
export const replicaOf = (owner: string): string => owner.slice(0, owner.lastIndexOf('/'));

/** Where a replica hears of the locks that were handed to it. */
export const channelOf = (replicaId: string): string => `lock:${replicaId}`;
