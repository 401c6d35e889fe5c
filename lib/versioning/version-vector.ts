/** Version vectors: writer -> n, "the first n versions of that writer" (Dynamo 4.4). */
import type { Dot } from './dot.js';
import type { Writer } from './writer.js';

/** Never changed once made. An absent writer stands for 0. */
export type VersionVector = ReadonlyMap<Writer, number>;

export const EMPTY_VECTOR: VersionVector = new Map();

export function vectorCovers(vector: VersionVector, dot: Dot): boolean {
  return (vector.get(dot.writer) ?? 0) >= dot.n;
}

/** Does `a` cover all that `b` covers? */
export function dominates(a: VersionVector, b: VersionVector): boolean {
  for (const [writer, n] of b) if ((a.get(writer) ?? 0) < n) return false;
  return true;
}

/** The least vector that covers both; one of the two, where that suffices. */
export function joinVectors(a: VersionVector, b: VersionVector): VersionVector {
  if (a === b || dominates(a, b)) return a;
  if (dominates(b, a)) return b;
  const joined = new Map(a);
  for (const [writer, n] of b) if ((joined.get(writer) ?? 0) < n) joined.set(writer, n);
  return joined;
}

/** The vector that also covers `dot`. */
export function withDot(vector: VersionVector, dot: Dot): VersionVector {
  if (vectorCovers(vector, dot)) return vector;
  return new Map(vector).set(dot.writer, dot.n);
}
