import { SchematicTestRunner } from '@angular-devkit/schematics/testing';
import { Tree } from '@angular-devkit/schematics';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const collection = new URL('../../libs/cluster/schematics/collection.json', import.meta.url).pathname;

const MAIN = `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000);
}
void bootstrap();
`;
const MODULE = `import { Module } from '@nestjs/common';
import { AppController } from './app.controller.js';

@Module({
  imports: [],
  controllers: [AppController],
})
export class AppModule {}
`;

async function added(backend: string, files: Record<string, string> = {}) {
  const tree = Tree.empty();
  const project = {
    'package.json': '{ "name": "shop", "dependencies": {} }',
    'src/main.ts': MAIN,
    'src/app.module.ts': MODULE,
  };
  for (const [path, text] of Object.entries({ ...project, ...files })) tree.create(path, text);
  const runner = new SchematicTestRunner('@rookery/cluster', collection);
  const said: string[] = [];
  runner.logger.subscribe(({ message }) => said.push(message));
  const result = await runner.runSchematic('nest-add', { backend, sourceRoot: 'src' }, tree);
  return { result, said: said.join('\n'), tasks: runner.tasks.map(({ name }) => name), runner };
}

describe('nest add @rookery/cluster', () => {
  it('changes two lines of an app as nest new makes it', async () => {
    const { result } = await added('redis');
    expect(result.readContent('src/main.ts')).toContain(
      '  const app = await NestFactory.create(AppModule);\n  useCluster(app);\n  await app.listen',
    );
    expect(result.readContent('src/main.ts')).toContain("import { useCluster } from '@rookery/cluster';\n\nasync");
    expect(result.readContent('src/app.module.ts')).toContain('imports: [ClusterModule.forRoot()],');
    expect(result.readContent('src/app.module.ts')).toContain("import { ClusterModule } from '@rookery/cluster';");
  });

  it('keeps what is imported, and adds imports where there are none', async () => {
    const { result } = await added('redis', { 'src/app.module.ts': MODULE.replace('[]', '[ConfigModule.forRoot()]') });
    expect(result.readContent('src/app.module.ts')).toContain('[ClusterModule.forRoot(), ConfigModule.forRoot()]');
    const without = await added('redis', { 'src/app.module.ts': MODULE.replace('  imports: [],\n', '') });
    expect(without.result.readContent('src/app.module.ts')).toContain(
      '@Module({\n  imports: [ClusterModule.forRoot()],\n',
    );
  });

  it.each([
    ['redis', ['ioredis'], 'REDIS_URL='],
    ['postgres', ['pg', 'typeorm'], 'ROOKERY_BACKEND=postgres DATABASE_URL='],
  ])('%s: adds its client, its container, and says how to start', async (backend, clients, variable) => {
    const { result, said, tasks } = await added(backend);
    const { dependencies } = result.readJson('package.json') as { dependencies: Record<string, string> };
    expect(Object.keys(dependencies)).toEqual(clients);
    expect(tasks).toEqual(['node-package']);
    expect(Object.keys((parse(result.readContent('docker-compose.yml')) as { services: object }).services)).toEqual([
      backend,
    ]);
    expect(said).toContain(variable);
  });

  it('touches no compose file that is there', async () => {
    const { result } = await added('redis', { 'docker-compose.yml': 'services: {}' });
    expect(result.readContent('docker-compose.yml')).toBe('services: {}');
    expect(result.exists('docker-compose.rookery.yml')).toBe(true);
  });

  it('does nothing twice', async () => {
    const { result, runner } = await added('redis');
    const again = await runner.runSchematic('nest-add', { backend: 'redis' }, result);
    expect(again.readContent('src/main.ts').match(/useCluster\(app\)/g)).toHaveLength(1);
    expect(again.readContent('src/app.module.ts').match(/ClusterModule\.forRoot/g)).toHaveLength(1);
  });

  it('says what is left to do where it does not understand the app', async () => {
    const { result, said } = await added('memory', { 'src/main.ts': 'start();\n' });
    expect(result.readContent('src/main.ts')).toBe('start();\n');
    expect(said).toContain('src/main.ts is not as nest new makes it. Please add useCluster(app)');
  });
});
