/** Time, chance, disk and network come in through the constructor: what lib/ may not call. */
import ts from 'typescript';
import type { Finding, Source } from './source.js';
import { finding, walk } from './source.js';

/** Folders of lib/ that are the real world, or live in a program or a browser of somebody else. */
const EXEMPT = ['lib/platform/', 'lib/client/', 'lib/admin-page/'];

const GLOBALS = new Set([
  'Date',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'process',
  'fetch',
  'WebSocket',
  'XMLHttpRequest',
  'globalThis',
  'global',
  'require',
  'eval',
]);

/** By object: what may not be taken from it. */
const MEMBERS: ReadonlyMap<string, RegExp> = new Map([
  ['Math', /^random$/],
  ['crypto', /^(?:random|getRandom|subtle)/],
  ['webcrypto', /^(?:random|getRandom|subtle)/],
  ['AbortSignal', /^timeout$/],
]);

/** Imports by these names are chance, wherever they come from. */
const IMPORTED = /^(?:random(?:Bytes|UUID|Int|Fill|FillSync)|getRandomValues|webcrypto)$/;

export function checkBanned(source: Source): Finding[] {
  const inBook = source.path.startsWith('lib/');
  if (!inBook || EXEMPT.some((folder) => source.path.startsWith(folder))) return [];
  const found: Finding[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
    const what = bannedUse(node);
    if (what !== undefined) found.push(finding(source, node, `${what} is banned here`));
    ts.forEachChild(node, visit);
  };
  visit(source.tree);
  return found;
}

/** Where folders are made: the recursive form of `mkdir` tries for ever where nothing can be. */
const FOLDER_MAKER = 'lib/platform/make-folder.ts';

export function checkFolders(source: Source): Finding[] {
  const isProgram = source.path.startsWith('lib/') || source.path.startsWith('bin/');
  if (!isProgram || source.path === FOLDER_MAKER) return [];
  const found: Finding[] = [];
  walk(source.tree, (node) => {
    if (ts.isIdentifier(node) && /^mkdir(?:Sync)?$/.test(node.text)) {
      found.push(finding(source, node, `${node.text}: folders are made by ${FOLDER_MAKER}`));
    }
  });
  return found;
}

function bannedUse(node: ts.Node): string | undefined {
  if (ts.isImportSpecifier(node)) {
    const name = (node.propertyName ?? node.name).text;
    return !node.isTypeOnly && IMPORTED.test(name) ? name : undefined;
  }
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    return bannedMember(node);
  }
  if (!ts.isIdentifier(node) || !GLOBALS.has(node.text) || !isReference(node)) return undefined;
  return node.text;
}

function bannedMember(
  node: ts.PropertyAccessExpression | ts.ElementAccessExpression,
): string | undefined {
  if (!ts.isIdentifier(node.expression)) return undefined;
  const members = MEMBERS.get(node.expression.text);
  const name = ts.isPropertyAccessExpression(node)
    ? node.name.text
    : ts.isStringLiteralLike(node.argumentExpression)
      ? node.argumentExpression.text
      : undefined;
  return members !== undefined && name !== undefined && members.test(name)
    ? `${node.expression.text}.${name}`
    : undefined;
}

/** The identifier stands for a value, and is not merely the name of a member. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  if (ts.isClassElement(parent) || ts.isTypeElement(parent) || ts.isPropertyAssignment(parent)) {
    return parent.name !== node;
  }
  // `new Date(x)` writes a moment that it was given, and reads no clock.
  return !(node.text === 'Date' && isGivenMoment(parent, node));
}

function isGivenMoment(parent: ts.Node, node: ts.Identifier): boolean {
  return (
    ts.isNewExpression(parent) &&
    parent.expression === node &&
    (parent.arguments?.length ?? 0) > 0 &&
    !ts.isSpreadElement(parent.arguments?.[0] ?? node)
  );
}
