import { join } from 'node:path';
import ts from 'typescript';
import { libs, packageJson, read, root } from '../architecture/workspace.js';

/** One ```ts block of a page. */
export interface Snippet {
  /** The page and the line where it begins, for people. */
  where: string;
  code: string;
}

/** All of a page. An ellipsis stands for what is left out. */
export function snippetsOf(page: string): Snippet[] {
  const text = read(page);
  return [...text.matchAll(/^( *)```ts\n([^]*?)^ *```$/gm)].map(({ index, 2: code }) => ({
    where: `${page}:${text.slice(0, index).split('\n').length}`,
    code: code
      .replace(/=> …/g, '=> {}')
      .replace(/…/g, '')
      .replace(/\[\.\.\.\]/g, '[]'),
  }));
}

/** Packages whose names a snippet may use without an import, beside our own. */
const KNOWN = [
  ...['common', 'core', 'platform-express', 'testing', 'typeorm', 'schedule', 'bullmq', 'websockets'].map(
    (name) => `@nestjs/${name}`,
  ),
  'typeorm',
  'bullmq',
  'socket.io',
  'vitest',
];

/** What has been left out of a snippet on purpose: alternatives beside each other, bodies, the reader's own fields. */
const LEFT_OUT = new Set([2300, 2355, 2347, 2366, 2391, 2393, 2448, 2449, 2451, 2454]);
const UNKNOWN_NAME = new Set([2304, 2503, 2552, 18004]);
const NO_SUCH_MEMBER = new Set([2339, 2532, 2551]);

/** What came of some snippets. */
export interface Checked {
  /** What the compiler does not take, with the place and the source. */
  problems: string[];
  /** Each snippet as JavaScript that also exports the `classes` that it declares and the `modules` that it configures. */
  javascript: Map<Snippet, string>;
}

/**
 * Type-checks snippets against the sources, and compiles them. Names that are not imported come from the table of public names; lower-case
 * names that nobody exports are the reader's own, and so is what hangs on `this`.
 */
export function checked(snippets: readonly Snippet[], theirs: readonly string[]): Checked {
  const files = new Map(snippets.map((snippet, index) => [join(root, `docs/.snippet-${index}.ts`), snippet]));
  const texts = new Map<string, string>();
  const table = join(root, 'docs/.snippet-table.ts');
  const modules = [...ownModules(), ...KNOWN];
  texts.set(table, modules.map((name, index) => `export * as m${index} from '${name}';`).join('\n'));
  const compiler = new Compiler(texts);
  const exported = compiler.exportsOf(table, modules);
  for (const [file, { code }] of files) texts.set(file, framed(code, exported, []));
  const first = compiler.check([...files.keys()]);
  for (const [file, { code }] of files) {
    const unknown = first.filter((one) => one.file === file && UNKNOWN_NAME.has(one.code)).map(({ name }) => name);
    const own = [...new Set(unknown)].filter((name) => /^[a-z]/.test(name) || theirs.includes(name));
    texts.set(file, framed(code, exported, own));
  }
  const problems = compiler
    .check([...files.keys()])
    .filter(({ code, onThis }) => !LEFT_OUT.has(code) && !(NO_SUCH_MEMBER.has(code) && onThis))
    .map(({ file, message, source }) => `${files.get(file)!.where}: ${message} -- ${source}`);
  return { problems, javascript: new Map([...files].map(([file, snippet]) => [snippet, compiler.emit(file)])) };
}

/** Everything that package.json of a lib exports. */
function ownModules(): string[] {
  return libs.flatMap((lib) =>
    Object.entries(packageJson(`libs/${lib}`).exports ?? {})
      .filter(([, target]) => typeof target === 'object')
      .map(([subpath]) => `@rookery/${lib}${subpath.slice(1)}`),
  );
}

/** A snippet as a module: after the imports that it left out, its text, with members of a class put into one. */
function framed(code: string, exported: ReadonlyMap<string, string>, own: readonly string[]): string {
  const body = isWhole(code)
    ? code
    : code
        .split(/\n\n(?=\S)/)
        .map(placed)
        .join('\n\n');
  const { used, declared } = namesIn(body);
  const imports = [...used].filter((name) => exported.has(name) && !declared.has(name));
  return [
    ...imports.map((name) => `import { ${name} } from '${exported.get(name)}';`),
    ...own.map((name) => `const ${name}: any = (globalThis as any).readers?.${name}; type ${name} = any;`),
    'export const modules: any[] = [];',
    modulesKept(body),
    `export const classes = [${classesIn(body).join()}];`,
  ].join('\n');
}

/** A statement that is nothing but a configured module gives it away. */
function modulesKept(code: string): string {
  const source = ts.createSourceFile('x.ts', code, ts.ScriptTarget.Latest, true);
  const configured = source.statements.filter(
    (one) => ts.isExpressionStatement(one) && /^\w+Module\.forRoot/.test(one.getText()),
  );
  return configured.reduceRight(
    (text, one) =>
      `${text.slice(0, one.getStart())}modules.push(${text.slice(one.getStart(), one.getEnd()).replace(/;$/, '')});${text.slice(one.getEnd())}`,
    code,
  );
}

/** The classes that stand at the top of a text, by name. */
function classesIn(code: string): string[] {
  const { statements } = ts.createSourceFile('x.ts', code, ts.ScriptTarget.Latest, true);
  return statements.filter(ts.isClassDeclaration).flatMap(({ name }) => (name ? [name.text] : []));
}

/** A paragraph that is no statement by itself is members of a class, decorators of one, or an expression. */
function placed(part: string, index: number): string {
  const places = [
    part,
    `class Fragment${index} {\n${part}\n}`,
    `${part}\nclass Fragment${index} {}`,
    `void (${part.trim()});`,
  ];
  return places.find(isWhole) ?? part;
}

function namesIn(code: string): { used: Set<string>; declared: Set<string> } {
  const used = new Set<string>();
  const declared = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) used.add(node.text);
    const { name } = node as ts.NamedDeclaration;
    if (name && ts.isIdentifier(name) && !ts.isPropertyAccessExpression(node) && !isMember(node))
      declared.add(name.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('x.ts', code, ts.ScriptTarget.Latest, true));
  return { used, declared };
}

const isMember = (node: ts.Node) =>
  ts.isPropertyAssignment(node) || ts.isMethodDeclaration(node) || ts.isPropertyDeclaration(node);

function isWhole(code: string): boolean {
  const { diagnostics } = ts.transpileModule(code, { reportDiagnostics: true, compilerOptions: OPTIONS });
  return diagnostics!.length === 0;
}

const OPTIONS: ts.CompilerOptions = {
  ...ts.parseJsonConfigFileContent(ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config, ts.sys, root)
    .options,
  isolatedModules: false,
  incremental: false,
  noEmit: false,
  tsBuildInfoFile: undefined,
  noImplicitAny: false,
  verbatimModuleSyntax: false,
};

class Compiler {
  private readonly host = ts.createCompilerHost(OPTIONS);
  private program: ts.Program | undefined;

  constructor(texts: ReadonlyMap<string, string>) {
    const { fileExists, readFile, getSourceFile } = this.host;
    const read = new Map<string, ts.SourceFile | undefined>();
    this.host.fileExists = (file) => texts.has(file) || fileExists(file);
    this.host.readFile = (file) => texts.get(file) ?? readFile(file);
    this.host.getSourceFile = (file, options) => {
      const text = texts.get(file);
      if (text !== undefined) return ts.createSourceFile(file, text, options, true);
      if (!read.has(file)) read.set(file, getSourceFile(file, options));
      return read.get(file);
    };
  }

  /** Which of the modules a name comes from; the first one wins. */
  exportsOf(table: string, modules: readonly string[]): Map<string, string> {
    const program = this.compiled([table]);
    const checker = program.getTypeChecker();
    // Of Express rather than of fetch.
    const found = new Map([
      ['Request', 'express'],
      ['Response', 'express'],
    ]);
    const all = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(table)!)!);
    for (const [index, name] of modules.entries()) {
      const alias = all.find((symbol) => symbol.name === `m${index}`)!;
      for (const symbol of checker.getExportsOfModule(checker.getAliasedSymbol(alias)))
        if (!found.has(symbol.name)) found.set(symbol.name, name);
    }
    return found;
  }

  check(files: string[]) {
    const program = this.compiled(files);
    return files.flatMap((file) => {
      const source = program.getSourceFile(file)!;
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return found.map(({ code, messageText, start = 0, length = 0 }) => ({
        file,
        code,
        name: source.text.slice(start, start + length),
        onThis: /\bthis\.?$/.test(source.text.slice(0, start + (code === 2532 ? length : 0))),
        message: ts.flattenDiagnosticMessageText(messageText, ' '),
        source: source.text
          .slice(0, start + 60)
          .split('\n')
          .at(-1)!
          .trim(),
      }));
    });
  }

  /** A file of the last check as JavaScript. */
  emit(file: string): string {
    let text = '';
    this.program!.emit(this.program!.getSourceFile(file), (_, written) => (text = written));
    return text;
  }

  private compiled(files: string[]): ts.Program {
    return (this.program = ts.createProgram(files, OPTIONS, this.host, this.program));
  }
}
