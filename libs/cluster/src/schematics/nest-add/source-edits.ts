/** The module with ClusterModule as its first import; null when it has no plain `@Module({ … })`. */
export function withClusterModule(text: string): string | null {
  const module = /@Module\(\{/.exec(text);
  if (!module) return null;
  const at = module.index + module[0].length;
  const imports = /\bimports:\s*\[/.exec(text.slice(at));
  const inserted = imports
    ? insert(text, at + imports.index + imports[0].length, 'ClusterModule.forRoot(), ')
    : insert(text, at, '\n  imports: [ClusterModule.forRoot()],');
  return withImport(inserted.replace('forRoot(), ]', 'forRoot()]'), 'ClusterModule');
}

/** main.ts with `useCluster(app)` after the app is made, in place of `enableShutdownHooks()`; null when it makes none. */
export function withUseCluster(text: string): string | null {
  const made = /^([ \t]*)(?:const|let)\s+(\w+)[^=;]*=\s*await\s+NestFactory\.create\b[^;]*;/m.exec(text);
  if (!made) return null;
  const [statement, indent, app] = made;
  const inserted = insert(text, made.index + statement.length, `\n${indent}useCluster(${app});`);
  const hooks = new RegExp(`^[ \\t]*${app}\\.enableShutdownHooks\\(\\);\\r?\\n`, 'm');
  return withImport(inserted.replace(hooks, ''), 'useCluster');
}

/** After the last import. */
function withImport(text: string, name: string): string {
  const line = `import { ${name} } from '@rookery/cluster';`;
  const last = [...text.matchAll(/^import\b[^;]*;/gm)].at(-1);
  return last ? insert(text, last.index + last[0].length, `\n${line}`) : `${line}\n${text}`;
}

function insert(text: string, at: number, part: string): string {
  return text.slice(0, at) + part + text.slice(at);
}
