/**
 * What a state holds or has superseded, and what a writer has seen: a set of dots
 * (docs/architecture.md, V4).
 */
import type { Dot } from './dot.js';
import { compareDots, sameDot } from './dot.js';
import type { VersionVector } from './version-vector.js';
import type { Writer } from './writer.js';
import { EMPTY_VECTOR, joinVectors, vectorCovers, withDot } from './version-vector.js';

/**
 * `vector` covers all up to a number; `beyond` single dots above it, sorted: the writes of somebody
 * who has not read what the same writer minted before them. A vector that covered those would also
 * cover what was never read. They end up in the vector once the states that hold them are merged.
 * Invariant: no dot of `beyond` is covered by `vector`.
 */
export interface Context {
  readonly vector: VersionVector;
  readonly beyond: readonly Dot[];
}

/** What a writer has seen, and the highest stamp of it: what it writes is stamped above (W6). */
export interface Seen extends Context {
  /** Hybrid time. */
  readonly stamp: number;
}

const NONE: readonly Dot[] = [];

export const EMPTY_CONTEXT: Context = { vector: EMPTY_VECTOR, beyond: NONE };

/** Of a writer to whom nothing was shown. */
export const NOTHING_SEEN: Seen = { ...EMPTY_CONTEXT, stamp: 0 };

export function covers({ vector, beyond }: Context, dot: Dot): boolean {
  return (
    vectorCovers(vector, dot) || (beyond.length > 0 && beyond.some((one) => sameDot(one, dot)))
  );
}

/** All that either covers; one of the two, where that suffices. */
export function joinContexts(a: Context, b: Context): Context {
  const vector = joinVectors(a.vector, b.vector);
  const beyond = joinDots(a.beyond, b.beyond, vector);
  if (vector === a.vector && beyond === a.beyond) return a;
  return vector === b.vector && beyond === b.beyond ? b : { vector, beyond };
}

/** All that the context covers, and the dot alone. */
export function joinDot(context: Context, dot: Dot): Context {
  return joinContexts(context, { vector: EMPTY_VECTOR, beyond: [dot] });
}

/** What the context covers, less the dots: maybe less of their writers than it might. */
export function without({ vector, beyond }: Context, dots: readonly Dot[]): Context {
  const lower = new Map(vector);
  for (const { writer, n } of dots) {
    const last = lower.get(writer) ?? 0;
    if (last < n) continue;
    if (n > 1) lower.set(writer, n - 1);
    else lower.delete(writer);
  }
  return { vector: lower, beyond: beyond.filter((dot) => !dots.some((one) => sameDot(one, dot))) };
}

/** The context of the state that `dot` was minted on: it holds or covers all of that writer. */
export function withMinted(context: Context, dot: Dot): Context {
  const vector = withDot(context.vector, dot);
  return { vector, beyond: joinDots(context.beyond, NONE, vector) };
}

/** The highest number of the writer that it covers in any way; 0: none. */
export function highestOf({ vector, beyond }: Context, writer: Writer): number {
  let highest = vector.get(writer) ?? 0;
  for (const dot of beyond) if (dot.writer === writer) highest = Math.max(highest, dot.n);
  return highest;
}

/**
 * What the writer of `dot` has seen once it is written: what it had seen, and its own, and nothing
 * else. `own` covers all that the minting replica's writer wrote to the key before.
 */
export function seenAfter(seen: Context, dot: Dot, own: Context | undefined): Context {
  const before = own?.vector.get(dot.writer) ?? 0;
  if (before <= (seen.vector.get(dot.writer) ?? 0)) return withMinted(seen, dot);
  return { vector: seen.vector, beyond: joinDots(seen.beyond, [dot], seen.vector) };
}

/** The dots of both that the vector does not cover, sorted; `a` or `b` where they are those. */
function joinDots(a: readonly Dot[], b: readonly Dot[], vector: VersionVector): readonly Dot[] {
  if (a.length === 0 && b.length === 0) return a;
  const joined = [...a, ...b.filter((dot) => !a.some((other) => sameDot(dot, other)))]
    .filter((dot) => !vectorCovers(vector, dot))
    .sort(compareDots);
  if (sameDots(joined, a)) return a;
  return sameDots(joined, b) ? b : joined;
}

function sameDots(a: readonly Dot[], b: readonly Dot[]): boolean {
  return (
    a === b || (a.length === b.length && a.every((dot, i) => compareDots(dot, b[i] ?? dot) === 0))
  );
}
