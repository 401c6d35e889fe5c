/** JSON as a tree that keeps every text as it was written: to be merged without losing digits. */
import { decimalText, parseDecimal } from './decimal.js';
import { stringEnd } from './json-text.js';

export type JsonTree =
  | JsonObject
  | { readonly kind: 'array'; readonly text: string; readonly elements: readonly JsonTree[] }
  | { readonly kind: 'number' | 'string' | 'literal'; readonly text: string };

export interface JsonObject {
  readonly kind: 'object';
  readonly text: string;
  /** A Map, since a member may be called `__proto__`. Of members of one name the last counts. */
  readonly members: ReadonlyMap<string, JsonTree>;
}

/** What nests deeper is not taken apart: a stack has its end. */
const DEPTH_MAX = 200;
const SCALAR = /[^\s,\]}]+/y;
const BLANKS = /[ \t\n\r]*/y;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class TooDeep extends Error {}

/** Undefined where the bytes are not JSON, or nest deeper than 200. */
export function jsonTree(bytes: Uint8Array): JsonTree | undefined {
  try {
    const text = strictUtf8.decode(bytes);
    // It judges the text; the scan that follows may therefore take it to be valid.
    JSON.parse(text);
    return new Scan(text).value(0);
  } catch (error) {
    const expected = [TooDeep, SyntaxError, TypeError].some((kind) => error instanceof kind);
    if (expected) return undefined;
    throw error;
  }
}

/** Alike for values that mean the same: members sorted, numbers and strings in one spelling. */
export function canonicalText(tree: JsonTree): string {
  switch (tree.kind) {
    case 'object': {
      const names = [...tree.members.keys()].sort();
      const members = names.map((name) => {
        const member = tree.members.get(name);
        return `${JSON.stringify(name)}:${member === undefined ? '' : canonicalText(member)}`;
      });
      return `{${members.join(',')}}`;
    }
    case 'array':
      return `[${tree.elements.map(canonicalText).join(',')}]`;
    case 'number': {
      const decimal = parseDecimal(tree.text);
      return decimal === undefined ? tree.text : decimalText(decimal);
    }
    case 'string':
      return JSON.stringify(JSON.parse(tree.text));
    case 'literal':
      return tree.text;
  }
}

class Scan {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonTree {
    if (depth > DEPTH_MAX) throw new TooDeep();
    this.#take(BLANKS);
    const start = this.#at;
    switch (this.#text[start]) {
      case '{': {
        const members = this.#members(depth);
        return { kind: 'object', text: this.#text.slice(start, this.#at), members };
      }
      case '[': {
        const elements = this.#elements(depth);
        return { kind: 'array', text: this.#text.slice(start, this.#at), elements };
      }
      case '"':
        return { kind: 'string', text: this.#string() };
      default: {
        const text = this.#take(SCALAR);
        return { kind: /^[tfn]/.test(text) ? 'literal' : 'number', text };
      }
    }
  }

  #members(depth: number): Map<string, JsonTree> {
    const members = new Map<string, JsonTree>();
    while (this.#next('}')) {
      const name = JSON.parse(this.#string()) as string;
      this.#take(BLANKS);
      this.#at += 1;
      members.set(name, this.value(depth + 1));
    }
    return members;
  }

  #elements(depth: number): JsonTree[] {
    const elements: JsonTree[] = [];
    while (this.#next(']')) elements.push(this.value(depth + 1));
    return elements;
  }

  /** Steps over the opening bracket or a comma to what follows; false at the closing bracket. */
  #next(end: string): boolean {
    this.#take(BLANKS);
    if (this.#text[this.#at] !== end) this.#at += 1;
    this.#take(BLANKS);
    if (this.#text[this.#at] !== end) return true;
    this.#at += 1;
    return false;
  }

  #string(): string {
    const start = this.#at;
    this.#at = stringEnd(this.#text, start);
    return this.#text.slice(start, this.#at);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }
}
