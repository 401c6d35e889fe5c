/** `set-union`: JSON arrays as sets; every element that any of them holds, once. */
import { compareDecimals, parseDecimal } from '../encoding/decimal.js';
import { canonicalText, type JsonTree } from '../encoding/json-tree.js';
import type { Version } from '../versioning/siblings.js';
import { jsonSiblings, preferredText } from './json-siblings.js';
import type { Resolved } from './strategy.js';
import { jsonResolved } from './strategy.js';

interface Element {
  /** As it was written. */
  readonly text: string;
  readonly canonical: string;
  /** Of numbers. */
  readonly decimal: ReturnType<typeof parseDecimal>;
}

/**
 * Sorted, numbers first, so that it does not matter who merged what first. Each element stays as it
 * was written: of `1` and `1.0`, which are the same, the shorter.
 */
export function setUnion(siblings: readonly Version[]): Resolved | undefined {
  const arrays = jsonSiblings(siblings, 'array');
  if (arrays === undefined) return undefined;
  const union = new Map<string, Element>();
  for (const { elements } of arrays) {
    for (const tree of elements) {
      const element = elementOf(tree);
      const before = union.get(element.canonical) ?? element;
      union.set(element.canonical, {
        ...element,
        text: preferredText(before.text, element.text),
      });
    }
  }
  const sorted = [...union.values()].sort(compareElements);
  return jsonResolved(`[${sorted.map(({ text }) => text).join(',')}]`, siblings);
}

function elementOf(tree: JsonTree): Element {
  const decimal = tree.kind === 'number' ? parseDecimal(tree.text) : undefined;
  return { text: tree.text, canonical: canonicalText(tree), decimal };
}

/** Canonical texts are distinct: none of two elements is the same. */
function compareElements(a: Element, b: Element): number {
  if (a.decimal !== undefined && b.decimal !== undefined) {
    return compareDecimals(a.decimal, b.decimal);
  }
  if (a.decimal !== undefined) return -1;
  if (b.decimal !== undefined) return 1;
  return a.canonical < b.canonical ? -1 : 1;
}
