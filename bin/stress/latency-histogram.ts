/** Latencies in constant memory: a log-linear histogram, after HdrHistogram. */

const SUB_BUCKETS = 128;
const UNITS_PER_MILLISECOND = 1000;
/** Above two minutes everything is alike. */
const BUCKETS = 21;

/** Each quantile is at most 1/64 above the true one. Values are milliseconds. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(SUB_BUCKETS * BUCKETS);
  #total = 0;
  #max = 0;

  get count(): number {
    return this.#total;
  }

  get maxMilliseconds(): number {
    return this.#max;
  }

  record(milliseconds: number): void {
    const index = indexOf(Math.max(0, Math.round(milliseconds * UNITS_PER_MILLISECOND)));
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total += 1;
    this.#max = Math.max(this.#max, milliseconds);
  }

  /** The smallest bucket's end below which `fraction` of all are; 0 where there are none. */
  quantile(fraction: number): number {
    const rank = Math.ceil(fraction * this.#total);
    let below = 0;
    for (const [index, count] of this.#counts.entries()) {
      below += count;
      if (count > 0 && below >= rank) {
        return Math.min(this.#max, (upperEnd(index) - 1) / UNITS_PER_MILLISECOND);
      }
    }
    return this.#max;
  }
}

/** The first bucket is linear; each further one doubles, in the upper half of its sub-buckets. */
function indexOf(units: number): number {
  const bucket = Math.max(0, 32 - Math.clz32(Math.min(units, 2 ** 31)) - Math.log2(SUB_BUCKETS));
  const sub = Math.floor(units / 2 ** bucket);
  return Math.min(bucket * SUB_BUCKETS + sub, SUB_BUCKETS * BUCKETS - 1);
}

function upperEnd(index: number): number {
  const bucket = Math.floor(index / SUB_BUCKETS);
  return ((index % SUB_BUCKETS) + 1) * 2 ** bucket;
}
