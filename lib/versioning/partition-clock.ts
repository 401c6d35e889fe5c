/**
 * The clock of one partition on one replica: for each writer the numbers that were seen here
 * (docs/architecture.md, C1). It serves the filter, by which what has ended stays so, and cheap
 * comparison.
 */
import { OperatingError } from '../errors.js';
import type { Dot } from './dot.js';
import { areRuns, NumberRuns } from './number-runs.js';
import type { VersionVector } from './version-vector.js';
import type { Writer } from './writer.js';

/**
 * As it is stored and sent, by writer. The runs are [gap, length, gap, length...]: how many numbers
 * are lacking, and how many follow then.
 */
export type PlainClock = (readonly [writer: Writer, prefix: number, runs: readonly number[]])[];

const NOTHING = NumberRuns.none();

/** Are these writers, each once, with counts, and with runs beyond them? */
export function isPlainClock(value: unknown): value is PlainClock {
  if (!Array.isArray(value)) return false;
  const writers = new Set<unknown>();
  for (const entry of value) {
    if (!Array.isArray(entry)) return false;
    const [writer, prefix, runs] = entry as unknown[];
    if (typeof writer !== 'string' || writers.has(writer)) return false;
    if (!Array.isArray(runs) || !areRuns(prefix, runs)) return false;
    writers.add(writer);
  }
  return true;
}

/**
 * Invariant: (w, n) in the clock means that this replica's record of that dot's key holds the dot
 * or covers it, or that all owners' did and it was collected. So only the dots of values that were
 * merged or minted here are added, never a context.
 */
export class PartitionClock {
  readonly #writers = new Map<Writer, NumberRuns>();

  /** @throws OperatingError `corrupt_bytes` where `plain` is no clock (`isPlainClock`) */
  static from(plain: PlainClock): PartitionClock {
    if (!isPlainClock(plain)) throw new OperatingError('corrupt_bytes', 'a clock cannot be read');
    const clock = new PartitionClock();
    for (const [writer, prefix, runs] of plain) {
      clock.#writers.set(writer, NumberRuns.from(prefix, runs));
    }
    return clock;
  }

  has(dot: Dot): boolean {
    return this.#writers.get(dot.writer)?.has(dot.n) === true;
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
      for (const [first, last] of seen.without(other.#writers.get(writer) ?? NOTHING)) {
        for (let n = first; n <= last; n += 1) {
          if (missing.length >= limit) return missing;
          missing.push({ writer, n });
        }
      }
    }
    return missing;
  }

  /** True where the dot was new. */
  add(dot: Dot): boolean {
    let seen = this.#writers.get(dot.writer);
    if (seen === undefined) {
      seen = NumberRuns.none();
      this.#writers.set(dot.writer, seen);
    }
    return seen.add(dot.n);
  }

  /** Everything that either has seen. */
  union(other: PartitionClock): void {
    for (const [writer, theirs] of other.#writers) {
      const ours = this.#writers.get(writer);
      if (ours === undefined) this.#writers.set(writer, theirs.copy());
      else ours.union(theirs);
    }
  }

  /** Writers of whom `other` has seen what this clock has not. */
  behind(other: PartitionClock): Writer[] {
    const behind: Writer[] = [];
    for (const [writer, theirs] of other.#writers) {
      const [first] = theirs.without(this.#writers.get(writer) ?? NOTHING);
      if (first !== undefined) behind.push(writer);
    }
    return behind;
  }

  get writerCount(): number {
    return this.#writers.size;
  }

  writers(): Iterable<Writer> {
    return this.#writers.keys();
  }

  /** What it has seen of one writer; undefined: nothing. */
  entryOf(writer: Writer): PlainClock[number] | undefined {
    const seen = this.#writers.get(writer);
    return seen && [writer, seen.prefix, seen.steps()];
  }

  toPlain(): PlainClock {
    const plain = [...this.#writers.keys()].flatMap((writer) => {
      const entry = this.entryOf(writer);
      return entry === undefined ? [] : [entry];
    });
    return plain.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }
}
