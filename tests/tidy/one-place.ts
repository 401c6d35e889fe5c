/** What one file decides, no other file decides again. */
import ts from 'typescript';
import type { Finding, Source } from './source.js';
import { finding, walk } from './source.js';

/** What says of one ring who owns what. Whoever asks them forgets the other rings that count. */
const OF_ONE_RING = new Set(['ownersOf', 'owningMembers', 'ownedPartitions']);
const KEYSPACE = 'lib/persistence/keyspace.ts';
/** A key under which a node stores something once. */
const STORED_KEY = /^m\/[a-z]+$/;

/** Who owns what is asked of `partitioning/ownership.ts`. */
export function checkOwnership(source: Source): Finding[] {
  const isInBook = source.path.startsWith('lib/');
  if (!isInBook || source.path.startsWith('lib/partitioning/')) return [];
  const found: Finding[] = [];
  walk(source.tree, (node) => {
    if (!ts.isImportSpecifier(node)) return;
    const { text } = node.propertyName ?? node.name;
    if (!OF_ONE_RING.has(text)) return;
    found.push(finding(source, node, `${text} knows one ring alone: ask Ownership`));
  });
  return found;
}

/** Where things are stored is said in `persistence/keyspace.ts`. */
export function checkStoredKeys(source: Source): Finding[] {
  if (!source.path.startsWith('lib/') || source.path === KEYSPACE) return [];
  const found: Finding[] = [];
  walk(source.tree, (node) => {
    if (!ts.isStringLiteralLike(node) || !STORED_KEY.test(node.text)) return;
    found.push(finding(source, node, `${node.text} is a stored key: name it in keyspace.ts`));
  });
  return found;
}

/** Handlers are registered in an explicit step, which `lib/node.ts` takes: no constructor does. */
export function checkRegistration(source: Source): Finding[] {
  if (!source.path.startsWith('lib/')) return [];
  const found: Finding[] = [];
  walk(source.tree, (node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
    const { name, expression } = node.expression;
    if (name.text !== 'handle' || !/\bmessenger$/.test(expression.getText(source.tree))) return;
    if (ts.findAncestor(node, ts.isConstructorDeclaration) === undefined) return;
    found.push(finding(source, node, 'a constructor registers a handler'));
  });
  return found;
}
