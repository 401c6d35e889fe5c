/**
 * Sets of exact dots: what a session has seen (docs/consistency.md, Sessions). A number may be lost
 * for ever, so "up to n" would vouch for versions that never came.
 */
import { decode, encode } from '../encoding/codec.js';
import { OperatingError } from '../errors.js';
import type { Dot } from './dot.js';
import type { Writer } from './writer.js';

/** The numbers of each writer, ascending and distinct; never empty. Never changed once made. */
export type DotSet = ReadonlyMap<Writer, readonly number[]>;

export const NO_DOTS: DotSet = new Map();
const NO_BYTES = Buffer.alloc(0);

export function dotSetOf(dots: Iterable<Dot>): DotSet {
  const numbers = new Map<Writer, Set<number>>();
  for (const { writer, n } of dots) {
    const known = numbers.get(writer);
    if (known === undefined) numbers.set(writer, new Set([n]));
    else known.add(n);
  }
  return new Map([...numbers].map(([writer, ns]) => [writer, ascending(ns)]));
}

export function dotsIn(set: DotSet): Dot[] {
  return [...set].flatMap(([writer, ns]) => ns.map((n) => ({ writer, n })));
}

export function countDots(set: DotSet): number {
  let count = 0;
  for (const ns of set.values()) count += ns.length;
  return count;
}

/** All dots of both; `a` itself where `b` adds none, and `b` where `a` does not. */
export function unionDots(a: DotSet, b: DotSet): DotSet {
  if (isWithin(b, a)) return a;
  if (isWithin(a, b)) return b;
  const union = new Map(a);
  for (const [writer, ns] of b) {
    const known = union.get(writer);
    union.set(writer, known === undefined ? ns : ascending(new Set([...known, ...ns])));
  }
  return union;
}

/** Those of which `isKept` holds; the set itself where it holds of all. */
export function keepDots(set: DotSet, isKept: (dot: Dot) => boolean): DotSet {
  const kept = new Map<Writer, readonly number[]>();
  let dropped = false;
  for (const [writer, ns] of set) {
    const left = ns.filter((n) => isKept({ writer, n }));
    if (left.length > 0) kept.set(writer, left);
    if (left.length < ns.length) dropped = true;
  }
  return dropped ? kept : set;
}

/** The dots that are in both. */
export function commonDots(a: DotSet, b: DotSet): DotSet {
  return keepDots(a, ({ writer, n }) => b.get(writer)?.includes(n) === true);
}

/** Empty where there are none. */
export function encodeDots(set: DotSet): Uint8Array {
  if (set.size === 0) return NO_BYTES;
  return encode([...set].map(([writer, ns]) => [writer, ...differences(ns)]));
}

/** @throws OperatingError `corrupt_bytes` where `bytes` are no set of dots */
export function decodeDots(bytes: Uint8Array): DotSet {
  if (bytes.length === 0) return NO_DOTS;
  const plain = decode(bytes);
  if (!Array.isArray(plain)) throw noDots();
  const set = new Map<Writer, readonly number[]>();
  for (const row of plain) {
    const [writer, ...steps]: unknown[] = Array.isArray(row) ? row : [];
    if (typeof writer !== 'string' || set.has(writer) || steps.length === 0) throw noDots();
    set.set(writer, numbersOf(steps));
  }
  return set;
}

/** The first number, then by how much each is above the one before. */
export function differences(ns: readonly number[]): number[] {
  return ns.map((n, i) => n - (ns[i - 1] ?? 0));
}

/** @throws OperatingError `corrupt_bytes` where a step is not a whole number above 0 */
export function numbersOf(steps: readonly unknown[]): number[] {
  let n = 0;
  return steps.map((step) => {
    if (typeof step !== 'number' || !(step > 0) || !Number.isSafeInteger(n + step)) throw noDots();
    n += step;
    return n;
  });
}

function isWithin(part: DotSet, whole: DotSet): boolean {
  for (const [writer, ns] of part) {
    const known = whole.get(writer);
    if (known === undefined || !ns.every((n) => known.includes(n))) return false;
  }
  return true;
}

function ascending(ns: Iterable<number>): number[] {
  return [...ns].sort((a, b) => a - b);
}

function noDots(): OperatingError {
  return new OperatingError('corrupt_bytes', 'a set of dots cannot be read');
}
