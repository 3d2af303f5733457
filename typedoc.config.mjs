// npm run docs: the reference of every public name, from the TSDoc of the sources, in docs/api. It is not committed.
import { readdirSync, readFileSync } from 'node:fs';

const packages = readdirSync('libs').map((name) => ({
  name,
  exports: JSON.parse(readFileSync(`libs/${name}/package.json`, 'utf8')).exports,
}));
const entryPoints = packages.flatMap(({ name, exports }) =>
  Object.values(exports).flatMap(({ types }) =>
    types ? [types.replace('./dist/', `libs/${name}/src/`).replace('.d.ts', '.ts')] : [],
  ),
);

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'Rookery',
  plugin: ['typedoc-plugin-markdown'],
  tsconfig: 'tsconfig.json',
  entryPoints,
  out: 'docs/api',
  readme: 'none',
  disableSources: true,
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  requiredToBeDocumented: ['Class', 'Interface', 'Function', 'TypeAlias', 'Variable', 'Enum'],
  // Nest's ConfigurableModuleBuilder makes these.
  intentionallyNotDocumented: [
    'blob/src.BlobModule',
    'cache/src.ClusterCacheModule',
    'cluster/src/dashboard.ClusterDashboardModule',
    'lock/src.LockModule',
    'realtime/src.RealtimeModule',
    'workers/src.WorkersModule',
  ].map((name) => `${name}.forRootAsync`),
  validation: { notExported: false, invalidLink: true, notDocumented: true },
  treatWarningsAsErrors: true,
};
