/** What a source file imports, in whichever way it is written. */
import { posix } from 'node:path';
import ts from 'typescript';
import type { Source } from './source.js';
import { walk } from './source.js';

export interface Import {
  readonly node: ts.Node;
  readonly specifier: string;
  /** Only types are imported: nothing of it is there at run time. */
  readonly typeOnly: boolean;
  /** Imported names; undefined where all of the module is (`* as`, default, dynamic). */
  readonly names: readonly string[] | undefined;
}

export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  walk(source.tree, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const { moduleSpecifier } = node;
      if (moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier)) {
        found.push({ node, specifier: moduleSpecifier.text, ...namesOf(node) });
      }
    } else if (ts.isCallExpression(node) && isDynamic(node.expression)) {
      const [argument] = node.arguments;
      const specifier =
        argument !== undefined && ts.isStringLiteralLike(argument) ? argument.text : '(computed)';
      found.push({ node, specifier, typeOnly: false, names: undefined });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const { literal } = node.argument;
      const specifier = ts.isStringLiteral(literal) ? literal.text : '(computed)';
      found.push({ node, specifier, typeOnly: true, names: undefined });
    }
  });
  return found;
}

/** The path of the source that a relative specifier means; undefined for packages. */
export function resolveImport(source: Source, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const path = posix.join(posix.dirname(source.path), specifier);
  return path.replace(/\.js$/, '.ts');
}

/** `@scope/name/deep` is the package `@scope/name`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function isDynamic(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isIdentifier(callee) && (callee.text === 'require' || callee.text === 'createRequire');
}

function namesOf(
  node: ts.ImportDeclaration | ts.ExportDeclaration,
): Pick<Import, 'typeOnly' | 'names'> {
  const clause = ts.isImportDeclaration(node) ? node.importClause : node;
  if (clause === undefined) return { typeOnly: false, names: undefined };
  const bindings = ts.isImportClause(clause) ? clause.namedBindings : clause.exportClause;
  const isDefault = ts.isImportClause(clause) && clause.name !== undefined;
  if (bindings === undefined || ts.isNamespaceImport(bindings) || ts.isNamespaceExport(bindings)) {
    return { typeOnly: clause.isTypeOnly, names: undefined };
  }
  const values = bindings.elements.filter((element) => !element.isTypeOnly);
  const names = values.map((element) => (element.propertyName ?? element.name).text);
  return {
    typeOnly: clause.isTypeOnly || (!isDefault && names.length === 0),
    names: isDefault ? undefined : names,
  };
}
