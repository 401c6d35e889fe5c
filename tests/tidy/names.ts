/** One word for one thing: no exported name stands for two. */
import ts from 'typescript';
import type { Finding, Source } from './source.js';

const FOLDERS = ['lib/', 'bin/', 'config/'];

/**
 * Names that more than one file declares and exports. What is only passed on (`export { x } from`)
 * is the same thing. One name for a type and a value in one file is one thing, too.
 */
export function doubleNames(sources: readonly Source[]): Finding[] {
  const filesByName = new Map<string, Set<string>>();
  for (const { path, tree } of sources) {
    if (!FOLDERS.some((folder) => path.startsWith(folder))) continue;
    for (const name of exportedNames(tree)) {
      const files = filesByName.get(name) ?? new Set();
      filesByName.set(name, files.add(path));
    }
  }
  return [...filesByName]
    .filter(([, files]) => files.size > 1)
    .map(([name, files]) => `${name} is exported by ${[...files].join(' and ')}`);
}

function exportedNames(tree: ts.SourceFile): string[] {
  return tree.statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) return namesOfList(statement);
    if (!ts.canHaveModifiers(statement) || !isExported(statement)) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
    }
    const { name } = statement as { readonly name?: ts.Node };
    return name !== undefined && ts.isIdentifier(name) ? [name.text] : [];
  });
}

/** Of `export { x as y };`, which names something of this file. */
function namesOfList({ moduleSpecifier, exportClause }: ts.ExportDeclaration): string[] {
  if (moduleSpecifier !== undefined || exportClause === undefined) return [];
  return ts.isNamedExports(exportClause) ? exportClause.elements.map(({ name }) => name.text) : [];
}

function isExported(statement: ts.HasModifiers): boolean {
  const modifiers = ts.getModifiers(statement) ?? [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((one) => (ts.isBindingElement(one) ? boundNames(one.name) : []));
}
