import { readFileSync } from 'node:fs';
import { composeFor } from './compose-file.js';
import { withClusterModule, withUseCluster } from './source-edits.js';

/** What `nest add @rookery/cluster` asks for. */
export interface NestAddOptions {
  backend: 'redis' | 'postgres' | 'memory';
  /** Where main.ts and app.module.ts are. */
  sourceRoot?: string;
}

/** The part of a schematic's file tree that is used here, so that no toolkit has to be installed for it. */
interface Tree {
  exists(path: string): boolean;
  readText(path: string): string;
  create(path: string, text: string): void;
  overwrite(path: string, text: string): void;
}

interface Context {
  logger: { info(line: string): void; warn(line: string): void };
  addTask(task: { toConfiguration(): { name: string; options: object } }): unknown;
}

const CLIENTS = { redis: ['ioredis'], postgres: ['pg', 'typeorm'], memory: [] };
const VARIABLES = {
  redis: 'REDIS_URL=redis://localhost:6379',
  postgres: 'ROOKERY_BACKEND=postgres DATABASE_URL=postgres://postgres:postgres@localhost:5432/postgres',
  memory: '',
};

/** Adds the import to app.module.ts, `useCluster(app)` to main.ts, the store's client, and a compose file with the store. */
export function nestAdd({ backend, sourceRoot = 'src' }: NestAddOptions) {
  return (tree: Tree, context: Context): Tree => {
    edit(tree, context, `${sourceRoot}/app.module.ts`, withClusterModule, 'ClusterModule.forRoot() to its imports');
    edit(tree, context, `${sourceRoot}/main.ts`, withUseCluster, 'useCluster(app) before app.listen()');
    addClients(tree, context, CLIENTS[backend]);
    const compose = composeFor(backend);
    const file = tree.exists('docker-compose.yml') ? 'docker-compose.rookery.yml' : 'docker-compose.yml';
    if (compose && !tree.exists(file)) {
      tree.create(file, compose);
      context.logger.info(`docker compose -f ${file} up -d starts the store.`);
    }
    context.logger.info(`Start the app with: ${VARIABLES[backend]} npm run start`);
    return tree;
  };
}

/** What cannot be done is said, not guessed. */
function edit(tree: Tree, { logger }: Context, path: string, change: (text: string) => string | null, todo: string) {
  const text = tree.exists(path) ? tree.readText(path) : undefined;
  if (text?.includes('@rookery/cluster')) return;
  const changed = text === undefined ? null : change(text);
  if (changed === null) logger.warn(`${path} is not as nest new makes it. Please add ${todo} by hand.`);
  else tree.overwrite(path, changed);
}

function addClients(tree: Tree, context: Context, names: readonly string[]): void {
  const own = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as PackageJson;
  const theirs = JSON.parse(tree.readText('package.json')) as PackageJson;
  const present = { ...theirs.dependencies, ...theirs.devDependencies };
  const missing = names.filter((name) => !present[name]).map((name) => [name, own.peerDependencies![name]]);
  if (missing.length === 0) return;
  const dependencies = { ...theirs.dependencies, ...(Object.fromEntries(missing) as Record<string, string>) };
  tree.overwrite('package.json', `${JSON.stringify({ ...theirs, dependencies }, null, 2)}\n`);
  const options = { command: 'install', quiet: true };
  context.addTask({ toConfiguration: () => ({ name: 'node-package', options }) });
}

interface PackageJson {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}
