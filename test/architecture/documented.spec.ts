import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { libs, packageJson, root } from './workspace.js';

/** The declarations that users of a lib get, by what package.json exports; what only serves driver authors' tests aside. */
const entries = libs.flatMap((lib) =>
  Object.entries(packageJson(`libs/${lib}`).exports ?? {}).flatMap(([subpath, target]) =>
    typeof target === 'object'
      ? [{ name: `@rookery/${lib}${subpath.slice(1)}`, file: join(root, 'libs', lib, target.types) }]
      : [],
  ),
);

let program: ts.Program;
beforeAll(() => {
  const options = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, skipLibCheck: true, types: [] };
  program = ts.createProgram(
    entries.map(({ file }) => file),
    options,
  );
}, 120_000);

/** By words, or by a tag such as @default where the name says the rest. */
const isDocumented = (symbol: ts.Symbol) =>
  symbol.getDocumentationComment(program.getTypeChecker()).length > 0 || symbol.getJsDocTags().length > 0;

/** A name that a lib exports, and the members of it that are its own and public. */
function undocumented(exported: ts.Symbol): string[] {
  const checker = program.getTypeChecker();
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  if (!symbol.declarations?.some(({ parent }) => parent.getSourceFile().fileName.includes('/libs/'))) return [];
  const members = [...(symbol.members?.values() ?? [])].filter((member) => isPublic(member) && !isDocumented(member));
  return [
    ...(isDocumented(symbol) ? [] : [symbol.name]),
    ...members.filter((member) => !isInherited(symbol, member)).map((member) => `${symbol.name}.${member.name}`),
  ];
}

/**
 * What users call, and what they may leave out. Fields that are always there are called what they are. Nest's hooks say by
 * their names what they do; constructors are Nest's business.
 */
function isPublic(member: ts.Symbol): boolean {
  const [declaration] = member.declarations ?? [];
  if (!declaration || /^(__|on(Module|Application|Before)|constructor$|configure$)/.test(member.name)) return false;
  if (member.flags & (ts.SymbolFlags.Constructor | ts.SymbolFlags.TypeParameter | ts.SymbolFlags.Signature))
    return false;
  const isCalled = member.flags & ts.SymbolFlags.Method;
  const mayBeLeftOut = member.flags & ts.SymbolFlags.Optional;
  if (!isCalled && !mayBeLeftOut) return false;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (
    !(ts.getCombinedModifierFlags(declaration) & hidden) &&
    !ts.isPrivateIdentifier(ts.getNameOfDeclaration(declaration)!)
  );
}

/** What a member says stands where it was promised. */
function isInherited(symbol: ts.Symbol, member: ts.Symbol): boolean {
  const checker = program.getTypeChecker();
  const heritage = (symbol.declarations ?? []).flatMap((one) =>
    ts.isClassDeclaration(one) || ts.isInterfaceDeclaration(one) ? (one.heritageClauses ?? []) : [],
  );
  return heritage
    .flatMap(({ types }) => types)
    .some((type) => {
      const promised = checker.getTypeAtLocation(type).getProperty(member.name);
      return (
        promised !== undefined &&
        (isDocumented(promised) || !promised.declarations?.[0].getSourceFile().fileName.includes('/libs/'))
      );
    });
}

describe('every public name says what it is', () => {
  it.each(entries)('$name', ({ file }) => {
    const checker = program.getTypeChecker();
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    expect(checker.getExportsOfModule(module).flatMap(undocumented)).toEqual([]);
  });
});
