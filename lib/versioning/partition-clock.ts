/**
 * The clock of one partition on one replica: for each writer the numbers that were seen here
 * (docs/architecture.md, C1). It serves the filter, by which what has ended stays so, and cheap
 * comparison.
 */
import { assert } from '../errors.js';
import type { Dot } from './dot.js';
import type { VersionVector } from './version-vector.js';
import type { Writer } from './writer.js';

/** 1..prefix, and some numbers beyond it. */
interface Seen {
  prefix: number;
  readonly beyond: Set<number>;
}

/** [writer, prefix, numbers beyond it, ascending], by writer. */
export type PlainClock = (readonly [Writer, number, readonly number[]])[];

/** Are these writers, each once, with counts, and with numbers beyond them that leave a gap? */
export function isPlainClock(value: unknown): value is PlainClock {
  if (!Array.isArray(value)) return false;
  const writers = new Set<unknown>();
  for (const entry of value) {
    if (!Array.isArray(entry)) return false;
    const [writer, prefix, beyond] = entry as unknown[];
    if (typeof writer !== 'string' || writers.has(writer) || !Array.isArray(beyond)) return false;
    writers.add(writer);
    let last = -1;
    for (const n of [prefix, ...(beyond as unknown[])]) {
      if (!Number.isSafeInteger(n) || (n as number) <= last) return false;
      // The first number beyond a prefix would be part of it if it followed at once.
      last = last === -1 ? (n as number) + 1 : (n as number);
    }
  }
  return true;
}

/**
 * Invariant: (w, n) in the clock means that this replica's record of that dot's key holds the dot
 * or covers it, or that all owners' did and it was collected. So only the dots of values that were
 * merged or minted here are added, never a context.
 */
export class PartitionClock {
  readonly #writers = new Map<Writer, Seen>();

  /** Invariant: `plain` is a clock (`isPlainClock`). */
  static from(plain: PlainClock): PartitionClock {
    assert(isPlainClock(plain), 'numbers of a clock ascend, and a writer has one entry');
    const clock = new PartitionClock();
    for (const [writer, prefix, beyond] of plain) {
      clock.#writers.set(writer, { prefix, beyond: new Set(beyond) });
    }
    return clock;
  }

  has(dot: Dot): boolean {
    const seen = this.#writers.get(dot.writer);
    return seen !== undefined && (dot.n <= seen.prefix || seen.beyond.has(dot.n));
  }

  /** Were all of 1..n seen, for every entry (writer, n)? */
  coversWithoutGap(vector: VersionVector): boolean {
    for (const [writer, n] of vector) {
      if ((this.#writers.get(writer)?.prefix ?? 0) < n) return false;
    }
    return true;
  }

  /** Has this clock seen all that `other` has? */
  includes(other: PartitionClock): boolean {
    return other.missingFrom(this, 1).length === 0;
  }

  /** Up to `limit` dots that this clock has seen and `other` has not. */
  missingFrom(other: PartitionClock, limit: number): Dot[] {
    const missing: Dot[] = [];
    for (const [writer, seen] of this.#writers) {
      const from = (other.#writers.get(writer)?.prefix ?? 0) + 1;
      for (let n = from; n <= seen.prefix && missing.length < limit; n += 1) {
        if (!other.has({ writer, n })) missing.push({ writer, n });
      }
      for (const n of seen.beyond) {
        if (missing.length >= limit) return missing;
        if (!other.has({ writer, n })) missing.push({ writer, n });
      }
    }
    return missing;
  }

  /** True where the dot was new. */
  add(dot: Dot): boolean {
    let seen = this.#writers.get(dot.writer);
    if (seen === undefined) {
      seen = { prefix: 0, beyond: new Set() };
      this.#writers.set(dot.writer, seen);
    }
    if (dot.n <= seen.prefix || seen.beyond.has(dot.n)) return false;
    if (dot.n === seen.prefix + 1) {
      seen.prefix = dot.n;
      absorb(seen);
    } else {
      seen.beyond.add(dot.n);
    }
    return true;
  }

  /** Everything that either has seen. */
  union(other: PartitionClock): void {
    for (const [writer, theirs] of other.#writers) {
      const ours = this.#writers.get(writer);
      if (ours === undefined) {
        this.#writers.set(writer, { prefix: theirs.prefix, beyond: new Set(theirs.beyond) });
        continue;
      }
      ours.prefix = Math.max(ours.prefix, theirs.prefix);
      for (const n of theirs.beyond) ours.beyond.add(n);
      for (const n of ours.beyond) if (n <= ours.prefix) ours.beyond.delete(n);
      absorb(ours);
    }
  }

  writers(): Iterable<Writer> {
    return this.#writers.keys();
  }

  /** What it has seen of one writer; undefined: nothing. */
  entryOf(writer: Writer): PlainClock[number] | undefined {
    const seen = this.#writers.get(writer);
    return seen && [writer, seen.prefix, [...seen.beyond].sort((a, b) => a - b)];
  }

  toPlain(): PlainClock {
    const plain = [...this.#writers.keys()].flatMap((writer) => {
      const entry = this.entryOf(writer);
      return entry === undefined ? [] : [entry];
    });
    return plain.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }
}

/** Moves what follows the prefix without a gap into it. */
function absorb(seen: Seen): void {
  while (seen.beyond.delete(seen.prefix + 1)) seen.prefix += 1;
}
