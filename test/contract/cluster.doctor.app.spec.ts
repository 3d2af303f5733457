import { Controller, Injectable, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { CacheModule } from '@nestjs/cache-manager';
import { FileInterceptor, MulterModule, type NestExpressApplication } from '@nestjs/platform-express';
import { Cron, Interval, ScheduleModule } from '@nestjs/schedule';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { ThrottlerModule, type ThrottlerStorage } from '@nestjs/throttler';
import { WebSocketGateway } from '@nestjs/websockets';
import { BlobContainer, BlobStore } from '@rookery/blob';
import { fileSystemBlobs } from '@rookery/blob/fs';
import { useCluster } from '@rookery/cluster';
import { memory } from '@rookery/core';
import { EveryReplica } from '@rookery/workers';
import session, { Store } from 'express-session';
import Keyv from 'keyv';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { examine, found } from './cluster.examination.js';

describe('the doctor, about the app', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('finds nothing in a fresh app on the memory backend', async () => {
    expect(await examine({})).toMatchObject({ findings: [], unexamined: [], backend: { kind: 'memory' } });
  });

  it('RK001: the memory backend with two replicas', async () => {
    const backend = memory();
    const other = { options: { backend } };
    const places: string[] = [];
    await found('RK001', { ...other, before: async () => places.push(...(await found('RK001', other))) });
    expect(places).toEqual(['the memory backend with 2 replicas']);
    vi.stubEnv('NODE_APP_INSTANCE', '1');
    expect(await found('RK001', {})).toEqual([
      'the memory backend in instance 1 of a process manager (NODE_APP_INSTANCE)',
    ]);
    vi.stubEnv('NODE_APP_INSTANCE', '0');
    expect(await found('RK001', {})).toEqual([]);
  });

  it('RK002: the memory backend in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const options = { doctor: { atBoot: false } };
    expect(await found('RK002', { options })).toHaveLength(1);
    vi.stubEnv('NODE_ENV', 'development');
    expect(await found('RK002', { options })).toEqual([]);
  });

  it('RK003: the in-memory CacheModule', async () => {
    expect(await found('RK003', { imports: [CacheModule.register()] })).toEqual([
      'CacheModule: CACHE_MANAGER keeps its entries in memory',
    ]);
    const shared = new Keyv({ store: new SharedStore() });
    expect(await found('RK003', { imports: [CacheModule.register({ stores: [shared] })] })).toEqual([]);
    expect(await found('RK003', {})).toEqual([]);
  });

  it('RK004: a raw @Cron or @Interval', async () => {
    const app = { imports: [ScheduleModule.forRoot()], providers: [Reminders] };
    expect(await found('RK004', app)).toEqual(['Reminders.send (@Cron)', 'Reminders.poll (@Interval)']);
    expect(await found('RK004', { imports: app.imports, providers: [Probes] })).toEqual([]);
    expect(await found('RK004', { ...app, options: { workers: { adopt: true } } })).toEqual([]);
  });

  it('RK005: blobs on a disk that may be local', async () => {
    const withBlobs = (shared: boolean) => ({
      options: { blob: { driver: fileSystemBlobs({ directory: join(tmpdir(), 'rookery-doctor'), shared }) } },
      providers: [Invoices],
      before: async (app: NestExpressApplication) => void (await app.get(Invoices).exists('a')),
    });
    expect(await found('RK005', withBlobs(false))).toEqual([
      `blobs in ${join(tmpdir(), 'rookery-doctor')}, which may be the disk of one machine`,
    ]);
    expect(await found('RK005', withBlobs(true))).toEqual([]);
  });

  it('RK006: uploads to the local disk', async () => {
    const app = { controllers: [Uploads] };
    expect(await found('RK006', app)).toEqual(['Uploads.toDisk: its file interceptor writes to the local disk']);
    expect(await found('RK006', { imports: [MulterModule.register({ dest: tmpdir() })] })).toEqual([
      'MulterModule in MulterModule writes to the local disk',
    ]);
    expect(await found('RK006', { controllers: [MemoryUploads], imports: [MulterModule.register()] })).toEqual([]);
  });

  it('RK007: a throttler that counts in memory', async () => {
    const throttlers = [{ ttl: 1_000, limit: 10 }];
    expect(await found('RK007', { imports: [ThrottlerModule.forRoot(throttlers)] })).toHaveLength(1);
    const storage = new SharedThrottlerStorage();
    expect(await found('RK007', { imports: [ThrottlerModule.forRoot({ throttlers, storage })] })).toEqual([]);
  });

  it('RK008: sessions in memory', async () => {
    vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const withStore = (store?: Store) => ({
      main: (app: NestExpressApplication) =>
        useCluster(app).use(session({ secret: 'a', resave: false, saveUninitialized: false, store })),
    });
    expect(await found('RK008', withStore())).toEqual(['express-session with its default MemoryStore']);
    expect(await found('RK008', withStore(new SharedSessionStore()))).toEqual([]);
  });

  it('RK009: a gateway on an adapter that knows one process', async () => {
    const app = { providers: [Chat] };
    expect(await found('RK009', app)).toEqual(['Chat on IoAdapter']);
    const main = (it: NestExpressApplication) => useCluster(it).useWebSocketAdapter(new IoAdapter(it));
    expect(await found('RK009', { ...app, main, options: { realtime: {} } })).toEqual(['Chat on IoAdapter']);
    expect(await found('RK009', { ...app, options: { realtime: {} } })).toEqual([]);
  });

  it('RK016: an app that nobody told of SIGTERM', async () => {
    expect(await found('RK016', { main: () => undefined })).toEqual(['useCluster(app) was not called']);
    expect(await found('RK016', {})).toEqual([]);
  });

  it('RK017: drain budgets over the grace period', async () => {
    expect(await found('RK017', { options: { drain: { workMs: 60_000 } } })).toHaveLength(1);
    expect(await found('RK017', { options: { drain: { workMs: 60_000, graceMs: 120_000 } } })).toEqual([]);
  });
});

describe('what is found', () => {
  it('stops the boot with strict: true, unless it was acknowledged', async () => {
    const drain = { workMs: 60_000 };
    await expect(examine({ options: { drain, doctor: { strict: true } } })).rejects.toMatchObject({
      name: 'BootError',
      message: expect.stringMatching(/RK017 error {3}the drain budgets[^]*cure: /) as string,
    });
    const acknowledge = { RK017: 'we have a long grace period' };
    const { findings } = await examine({ options: { drain, doctor: { strict: true, acknowledge } } });
    expect(findings).toMatchObject([{ id: 'RK017', acknowledged: 'we have a long grace period' }]);
  });

  it('says why it matters and what to do, for every finding', async () => {
    const { CHECKS } = await import('../../libs/cluster/src/doctor/checks.js');
    expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
    for (const { id, why, cure } of CHECKS) {
      expect(id).toMatch(/^RK\d{3}$/);
      expect(why.length, id).toBeGreaterThan(40);
      expect(cure.length, id).toBeGreaterThan(40);
    }
  });
});

@Injectable()
class Probes {
  @EveryReplica()
  @Cron('0 0 1 1 *')
  measure() {}
}

@Injectable()
class Reminders {
  @Cron('0 0 1 1 *')
  send() {}

  @Interval(1_000_000)
  poll() {}
}

@WebSocketGateway()
class Chat {}

@BlobContainer('invoices')
class Invoices extends BlobStore {}

@Controller('disk')
class Uploads {
  @Post('disk')
  @UseInterceptors(FileInterceptor('file', { dest: tmpdir() }))
  toDisk(@UploadedFile() _file: unknown) {}
}

@Controller('memory')
class MemoryUploads {
  @Post()
  @UseInterceptors(FileInterceptor('file'))
  toMemory(@UploadedFile() _file: unknown) {}
}

class SharedThrottlerStorage implements ThrottlerStorage {
  async increment() {
    return { totalHits: 1, timeToExpire: 1, isBlocked: false, timeToBlockExpire: 0 };
  }
}

class SharedSessionStore extends Store {
  get() {}
  set() {}
  destroy() {}
}

class SharedStore extends EventTarget {
  async get() {}
  async set() {}
  async delete() {
    return true;
  }
  async clear() {}
  on() {
    return this;
  }
}
