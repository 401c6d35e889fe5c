/** A histogram that is numbers in arrays until somebody looks; then prom-client writes it. */
import type { Histogram, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

interface Value {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** The observations under one set of labels. */
export class Buckets {
  readonly #labels: Labels;
  readonly #bounds: readonly number[];
  /** How many lie in each bucket, and above the last bound. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(labels: Labels, bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  measure(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  /** As Prometheus counts: each bucket with all that lies below it. */
  values(name: string): Value[] {
    const labels = this.#labels;
    const values: Value[] = [];
    let below = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      below += count;
      const le = this.#bounds[bucket] ?? '+Inf';
      values.push({ metricName: `${name}_bucket`, labels: { le, ...labels }, value: below });
    }
    values.push({ metricName: `${name}_sum`, labels, value: this.#sum });
    values.push({ metricName: `${name}_count`, labels, value: below });
    return values;
  }
}

/**
 * The library's own hashes the labels at every observation, which costs more than all else of it.
 * @returns makes the buckets of a set of labels; called once for each
 */
export function registerHistogram(
  registry: Registry,
  { name, help }: { readonly name: string; readonly help: string },
  bounds: readonly number[],
): (labels: Labels) => Buckets {
  const all: Buckets[] = [];
  const metric = {
    name,
    get: async () => ({
      ...{ name, help, type: 'histogram', aggregator: 'sum' },
      values: all.flatMap((buckets) => buckets.values(name)),
    }),
  };
  // A registry asks no more of a metric than these; its type names the library's own classes.
  registry.registerMetric(metric as unknown as Histogram);
  return (labels) => {
    const buckets = new Buckets(labels, bounds);
    all.push(buckets);
    return buckets;
  };
}
