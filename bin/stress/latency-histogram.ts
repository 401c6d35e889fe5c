/** Latencies in constant memory: an HdrHistogram of microseconds, shown in milliseconds. */
import { build, type Histogram } from 'hdr-histogram-js';

const UNITS_PER_MILLISECOND = 1000;
/** Above this everything is alike. */
const HIGHEST_MILLISECONDS = 3_600_000;

/** Each quantile is at most a hundredth above the true one. Values are milliseconds. */
export class LatencyHistogram {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_MILLISECONDS * UNITS_PER_MILLISECOND,
    numberOfSignificantValueDigits: 2,
    bitBucketSize: 32,
  });
  #max = 0;

  get count(): number {
    return this.#histogram.totalCount;
  }

  get maxMilliseconds(): number {
    return this.#max;
  }

  record(milliseconds: number): void {
    const known = Math.min(Math.max(0, milliseconds), HIGHEST_MILLISECONDS);
    this.#histogram.recordValue(Math.round(known * UNITS_PER_MILLISECOND));
    this.#max = Math.max(this.#max, milliseconds);
  }

  /** What `fraction` of all are not above; 0 where there are none. */
  quantile(fraction: number): number {
    if (this.count === 0) return 0;
    const units = this.#histogram.getValueAtPercentile(100 * fraction);
    return Math.min(this.#max, units / UNITS_PER_MILLISECOND);
  }
}
