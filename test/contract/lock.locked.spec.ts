import { Controller, Get, Injectable, Module, Scope } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  Locked,
  LockBusyError,
  LockExceptionFilter,
  LockLostError,
  LockModule,
  LockService,
  LockTimeoutError,
} from '@rookery/lock';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

const running: { close(): Promise<void> }[] = [];
afterEach(async () => void (await Promise.all(running.splice(0).map((app) => app.close()))));

let count = 0;

@Injectable()
class Renewals {
  @Locked((id: string) => `subscription:${id}`)
  async renew(_id: string) {
    const before = count;
    await new Promise((resolve) => setTimeout(resolve, 1));
    count = before + 1;
  }

  @Locked('report', { busy: 'skip' })
  async report() {
    return 'done';
  }

  @Locked((from: string, to: string) => [from, to], { waitMs: 0 })
  async move(_from: string, _to: string) {
    return 'moved';
  }

  @Locked('nested', { busy: 'skip' })
  async nested() {
    throw new LockTimeoutError('nested', 0);
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends Renewals {}

@Controller()
class Page {
  @Get('busy')
  @Locked('page', { busy: 'throw' })
  async busy() {
    return 'in';
  }

  @Get('slow')
  @Locked('page', { waitMs: 20 })
  async slow() {
    return 'in';
  }

  @Get('lost')
  async lost() {
    throw new LockLostError('page', 'a test says so');
  }
}

async function app() {
  const module = await Test.createTestingModule({
    imports: [LockModule.forRoot()],
    providers: [Renewals, PerRequest, { provide: APP_FILTER, useClass: LockExceptionFilter }],
    controllers: [Page],
  }).compile();
  const nest = module.createNestApplication({ logger: false });
  await nest.listen(0, '127.0.0.1');
  running.push(nest);
  return nest;
}

describe('@Locked', () => {
  it('serializes calls, also of inherited and request-scoped classes', async () => {
    const nest = await app();
    const scoped = await nest.resolve(PerRequest);
    count = 0;
    await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? scoped : nest.get(Renewals)).renew('a')));
    expect(count).toBe(20);
  });

  it('skips or throws when busy, as told', async () => {
    const nest = await app();
    const renewals = nest.get(Renewals);
    expect(await renewals.report()).toBe('done');
    expect(await renewals.move('a', 'b')).toBe('moved');
    await using _held = await nest.get(LockService).acquire(['report', 'b']);
    expect(await renewals.report()).toBeUndefined();
    await expect(renewals.move('a', 'b')).rejects.toThrow(LockBusyError);
  });

  it("does not take a timeout inside the method for its own lock's", async () => {
    const nest = await app();
    await expect(nest.get(Renewals).nested()).rejects.toThrow(LockTimeoutError);
  });

  it('stops the boot, naming the class, when LockModule is missing', async () => {
    @Module({ providers: [Renewals] })
    class Forgetful {}
    await expect(Test.createTestingModule({ imports: [Forgetful] }).compile()).rejects.toThrow(
      /Renewals.*LockService for @Locked/s,
    );
  });

  it('refuses to run unlocked on an object that Nest did not make', async () => {
    await expect(new Renewals().renew('a')).rejects.toThrow('Renewals.renew');
  });

  it('can be used while the app boots', async () => {
    @Injectable()
    class Early {
      constructor(private readonly renewals: Renewals) {}
      async onModuleInit() {
        await this.renewals.renew('early');
      }
    }
    @Module({ providers: [Renewals, Early] })
    class First {}
    const module = await Test.createTestingModule({ imports: [First, LockModule.forRoot()] }).compile();
    await module.init();
    running.push(module);
  });
});

describe('LockExceptionFilter', () => {
  it('answers 423 for a busy lock and 409 for a lost one, without naming keys', async () => {
    const nest = await app();
    const { port } = nest.getHttpServer().address() as AddressInfo;
    const get = (path: string) => fetch(`http://127.0.0.1:${port}/${path}`);
    expect((await get('busy')).status).toBe(200);
    await using _held = await nest.get(LockService).acquire('page');
    for (const path of ['busy', 'slow']) {
      const response = await get(path);
      expect(response.status).toBe(423);
      expect(await response.json()).toMatchObject({ statusCode: 423, message: expect.not.stringContaining('page') });
    }
    const lost = await get('lost');
    expect(lost.status).toBe(409);
    expect(await lost.json()).toMatchObject({ error: 'ROOKERY_LOCK_LOST' });
  });
});
