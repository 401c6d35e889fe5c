/** Siblings as JSON: what the built-in merges begin with. */
import type { JsonTree } from '../encoding/json-tree.js';
import { jsonTree } from '../encoding/json-tree.js';
import type { Version } from '../versioning/siblings.js';
import { JSON_TYPE } from '../encoding/json-text.js';

type OfKind<Kind extends JsonTree['kind']> = JsonTree & { readonly kind: Kind };

/** Each as a tree of this kind, in the order given; undefined where one is something else. */
export function jsonSiblings<Kind extends JsonTree['kind']>(
  siblings: readonly Version[],
  kind: Kind,
): OfKind<Kind>[] | undefined {
  const trees: OfKind<Kind>[] = [];
  for (const { contentType, value } of siblings) {
    const tree = contentType === JSON_TYPE ? jsonTree(value) : undefined;
    if (tree?.kind !== kind) return undefined;
    trees.push(tree as OfKind<Kind>);
  }
  return trees;
}

/** Of texts that mean the same: the shortest, and of those the first. */
export function preferredText(a: string, b: string): string {
  if (a.length !== b.length) return a.length < b.length ? a : b;
  return a < b ? a : b;
}
