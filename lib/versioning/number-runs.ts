/**
 * A set of whole numbers as runs: what was seen of one writer. It takes memory and bytes for each
 * gap, and none for each number. Pure.
 */

/** 0 belongs to every set, so that each begins with a run: 0..prefix. No writer gives it. */
const NOTHING = [0, 0];

export class NumberRuns {
  /** [first, last, first, last...], ascending; between any two runs there is a gap. */
  #bounds: number[];

  private constructor(bounds: readonly number[]) {
    this.#bounds = [...bounds];
  }

  static none(): NumberRuns {
    return new NumberRuns(NOTHING);
  }

  /**
   * It takes as much memory as the steps do, however long the runs are.
   * Invariant: `areRuns` of both.
   */
  static from(prefix: number, steps: readonly number[]): NumberRuns {
    let last = prefix;
    const bounds = [0, last];
    for (const [i, step] of steps.entries()) {
      last += step;
      // From the end of a run to the first number after its gap, and from there to its last.
      bounds.push(i % 2 === 0 ? last + 1 : last);
    }
    return new NumberRuns(bounds);
  }

  copy(): NumberRuns {
    return new NumberRuns(this.#bounds);
  }

  /** The end of the first run: all of 1..prefix are here. */
  get prefix(): number {
    return boundAt(this.#bounds, 1);
  }

  /** Of each run beyond the prefix, how many numbers its gap lacks, and how many it has. */
  steps(): number[] {
    const bounds = this.#bounds;
    const steps: number[] = [];
    for (let at = 2; at < bounds.length; at += 2) {
      const first = boundAt(bounds, at);
      steps.push(first - boundAt(bounds, at - 1) - 1, boundAt(bounds, at + 1) - first + 1);
    }
    return steps;
  }

  has(n: number): boolean {
    return n <= this.prefix || n <= boundAt(this.#bounds, this.#runAt(n) + 1);
  }

  /** True where it was new. */
  add(n: number): boolean {
    const bounds = this.#bounds;
    const at = this.#runAt(n);
    const [last, next] = [boundAt(bounds, at + 1), boundAt(bounds, at + 2)];
    if (n <= last) return false;
    if (last + 1 === n && next === n + 1) bounds.splice(at + 1, 2);
    else if (last + 1 === n) bounds[at + 1] = n;
    else if (next === n + 1) bounds[at + 2] = n;
    else bounds.splice(at + 2, 0, n, n);
    return true;
  }

  /** Everything that either has. */
  union(other: NumberRuns): void {
    const [ours, theirs] = [this.#bounds, other.#bounds];
    const all: number[] = [];
    let [i, j] = [0, 0];
    while (i < ours.length || j < theirs.length) {
      const isOurs = boundAt(ours, i) <= boundAt(theirs, j);
      const [from, at] = isOurs ? [ours, i] : [theirs, j];
      if (isOurs) i += 2;
      else j += 2;
      const [first, last] = [boundAt(from, at), boundAt(from, at + 1)];
      const end = all.at(-1);
      if (end !== undefined && first <= end + 1) all[all.length - 1] = Math.max(end, last);
      else all.push(first, last);
    }
    this.#bounds = all;
  }

  /** What is here and not in `other`, as runs: [first, last]. */
  *without(other: NumberRuns): Generator<readonly [first: number, last: number]> {
    const theirs = other.#bounds;
    for (let at = 0; at < this.#bounds.length; at += 2) {
      let first = boundAt(this.#bounds, at);
      const last = boundAt(this.#bounds, at + 1);
      let run = other.#runAt(first);
      while (first <= last) {
        first = Math.max(first, boundAt(theirs, run + 1) + 1);
        run += 2;
        const end = Math.min(last, boundAt(theirs, run) - 1);
        if (first <= end) yield [first, end];
        first = end + 1;
      }
    }
  }

  /** Where the last run lies that does not begin above `n`. */
  #runAt(n: number): number {
    let [low, high] = [0, this.#bounds.length / 2 - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (boundAt(this.#bounds, 2 * middle) <= n) low = middle;
      else high = middle - 1;
    }
    return 2 * low;
  }
}

/** Is this a count, and are the steps pairs of counts above 0? Then each set has one form alone. */
export function areRuns(prefix: unknown, steps: readonly unknown[]): boolean {
  if (!isCount(prefix) || steps.length % 2 !== 0) return false;
  let last = prefix;
  for (const step of steps) {
    if (!isCount(step) || step === 0 || !isCount(last + step)) return false;
    last += step;
  }
  return true;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** After the last run no other begins. */
function boundAt(bounds: readonly number[], at: number): number {
  return bounds[at] ?? Number.POSITIVE_INFINITY;
}
