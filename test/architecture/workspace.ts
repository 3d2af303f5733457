import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** What the architecture specs know of the repository: files, and who imports what. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

export interface PackageJson {
  name: string;
  version: string;
  license: string;
  type: string;
  engines?: Record<string, string>;
  exports?: Record<string, string | { types: string; default: string }>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/** One import, export-from or dynamic import of a file. */
export interface Import {
  /** The file it stands in, from the root. */
  file: string;
  /** What is written between the quotes. */
  from: string;
  kind: 'static' | 'dynamic' | 'type';
}

export const libs = readdirSync(join(root, 'libs')).sort();

export const read = (file: string): string => readFileSync(join(root, file), 'utf8');
export const exists = (file: string): boolean => existsSync(join(root, file));
export const packageJson = (folder: string): PackageJson =>
  JSON.parse(read(join(folder, 'package.json'))) as PackageJson;
export const isSpec = (file: string): boolean => file.endsWith('.spec.ts');

/** The TypeScript files below a folder, from the root; none when there is no such folder. */
export function filesIn(folder: string): string[] {
  if (!exists(folder)) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file));
}

/** Everything that a file imports. */
export function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier, kindOf(node));
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], 'dynamic');
    }
    ts.forEachChild(node, visit);
  };
  const add = (specifier: ts.Expression | undefined, kind: Import['kind']): void => {
    if (specifier && ts.isStringLiteral(specifier)) found.push({ file, from: specifier.text, kind });
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest));
  return found;
}

function kindOf(node: ts.ImportDeclaration | ts.ExportDeclaration): Import['kind'] {
  const clause = ts.isImportDeclaration(node) ? node.importClause : node;
  if (!clause) return 'static';
  if (clause.isTypeOnly) return 'type';
  const names = ts.isImportClause(clause) ? clause.namedBindings : clause.exportClause;
  if (ts.isImportClause(clause) && clause.name) return 'static';
  if (!names || !(ts.isNamedImports(names) || ts.isNamedExports(names))) return 'static';
  return names.elements.length > 0 && names.elements.every((name) => name.isTypeOnly) ? 'type' : 'static';
}

/** The source file that a relative import means, from the root. */
export function fileOf({ file, from }: Import): string {
  return normalize(join(dirname(file), from)).replace(/\.js$/, '.ts');
}

/** The name of the package that an import means; undefined for relative ones and Node's own modules. */
export function packageOf({ from }: Import): string | undefined {
  if (from.startsWith('.') || from.startsWith('node:')) return undefined;
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

/** All imports that are carried out when this file is loaded, over all the files of its package. */
export function loadedBy(file: string, seen = new Set<string>()): Import[] {
  if (seen.has(file) || !exists(file)) return [];
  seen.add(file);
  const imports = importsOf(file).filter(({ kind }) => kind === 'static');
  return imports.flatMap((one) => (one.from.startsWith('.') ? loadedBy(fileOf(one), seen) : [one]));
}
