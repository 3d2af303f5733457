import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageJson } from '../architecture/workspace.js';
import { freshNamespace } from '../backends.js';
import { redisUrl } from '../services.js';
import { pack, ROOT, run } from './project.js';

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** What the npm package `node` brings on this platform: the program, without an install script. */
const NODE_24 = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

const MAIN = `
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Cached } from '@rookery/cache';
import { ClusterModule, ClusterService, useCluster } from '@rookery/cluster';
import { JobHandler, JobsService, type Job } from '@rookery/jobs';
import { Locked } from '@rookery/lock';
import { RealtimeService } from '@rookery/realtime';
import { ClusteredCron, type WorkerRun } from '@rookery/workers';

@JobHandler('double')
class Double implements Job<{ n: number }, number> {
  run({ n }: { n: number }) {
    return n * 2;
  }
}

@Injectable()
class Shop {
  @Locked((id: string) => \`order:\${id}\`)
  async pay(id: string): Promise<string> {
    return id;
  }

  @Cached((id: string) => \`price:\${id}\`, { ttlMs: 1_000 })
  async price(id: string): Promise<number> {
    return id.length;
  }

  @Locked('the-shop')
  async close(day: Date): Promise<void> {
    void day;
  }

  @ClusteredCron('0 8 * * *', { name: 'report' })
  async report(run: WorkerRun): Promise<void> {
    void run.fencingToken;
  }
}

@Module({ imports: [ClusterModule.forRoot({ blob: false })], providers: [Double, Shop] })
class AppModule {}

async function main(): Promise<void> {
  const app = useCluster(await NestFactory.create(AppModule, { logger: ['error', 'fatal'] }));
  await app.listen(0);
  const shop = app.get(Shop);
  const job = await app.get(JobsService).enqueue(Double, { n: 21 });
  app.get(RealtimeService).toRoom('orders').emit('paid', 1);
  console.log(await shop.pay('a'), await shop.price('abc'), await job.waitUntilDone(), app.get(ClusterService).self.pid === process.pid);
  await app.close();
}
void main();
`;

describe('the packages in a project of their own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-fresh-'));
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_cache: process.env.npm_config_cache };
  afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

  beforeAll(async () => {
    const libs = readdirSync(join(ROOT, 'libs')).filter((name) => name !== 'testing');
    await pack(join(folder, 'packages'));
    const packages = libs.map((name) => `./packages/${name}`);
    await run('npm', ['pack', '--silent', ...packages], { cwd: folder, env });
    const tarballs = Object.fromEntries(
      libs.map((name) => [`@rookery/${name}`, `file:rookery-${name}-${packageJson('.').version}.tgz`]),
    );
    const nest = ['common', 'core', 'platform-express', 'bullmq', 'cache-manager', 'websockets', 'platform-socket.io'];
    const others = [
      'reflect-metadata',
      'rxjs',
      'ioredis',
      'bullmq',
      'cache-manager-redis-yet',
      'typescript',
      '@types/node',
    ];
    const theirs = await versionsOf([...nest.map((name) => `@nestjs/${name}`), ...others]);
    const dependencies = { ...tarballs, ...theirs, [NODE_24]: '24' };
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'fresh', private: true, type: 'module', dependencies }),
    );
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], {
      cwd: folder,
      env,
      timeout: 240_000,
    });
  }, 300_000);

  it('type-check in strict mode without skipLibCheck, with no optional peer but those of Redis', async () => {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      strict: true,
      skipLibCheck: false,
      types: ['node'],
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*/main.ts'] }));
    for (const type of ['module', 'commonjs']) {
      mkdirSync(join(folder, type));
      writeFileSync(join(folder, type, 'package.json'), JSON.stringify({ type }));
      writeFileSync(join(folder, type, 'main.ts'), MAIN);
    }
    const { stdout: problems } = await run(process.execPath, [TSC, '-p', folder]).catch(
      (error: { stdout: string }) => error,
    );
    expect(problems).toBe('');
  }, 300_000);

  it.each([
    ['as an ES module', 'module', process.execPath],
    ['from CommonJS, by require', 'commonjs', process.execPath],
    ['as an ES module on Node 24', 'module', join(folder, 'node_modules', NODE_24, 'bin/node')],
    ['from CommonJS on Node 24', 'commonjs', join(folder, 'node_modules', NODE_24, 'bin/node')],
  ])(
    'boot, work and end %s',
    async (_, type, node) => {
      const { stdout } = await run(node, [join(folder, type, 'main.js')], {
        env: { ...env, REDIS_URL: redisUrl(), ROOKERY_NAMESPACE: freshNamespace() },
        timeout: 120_000,
      });
      expect(stdout).toContain('a 3 42 true');
    },
    150_000,
  );
});

/** The versions that this repository is tested with. */
async function versionsOf(names: string[]): Promise<Record<string, string>> {
  const entries = names.map(async (name) => {
    const { default: found } = (await import(join(ROOT, 'node_modules', name, 'package.json'), {
      with: { type: 'json' },
    })) as { default: { version: string } };
    return [name, found.version];
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}
