/** Reads the text format of Prometheus, and makes sums and quantiles of it. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const found = line.startsWith('#') ? null : LINE.exec(line);
    if (found === null) continue;
    const [, name = '', labelText = '', value = ''] = found;
    const labels: Record<string, string> = {};
    for (const [, label = '', raw = ''] of labelText.matchAll(LABEL)) {
      labels[label] = raw.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
    }
    samples.push({ name, labels, value: value === '+Inf' ? Infinity : Number(value) });
  }
  return samples;
}

/** Sums by a label; samples that `keeps` refuses are left out. */
export function sumBy(
  samples: readonly Sample[],
  name: string,
  labelOf: (labels: Sample['labels']) => string | undefined,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const sample of samples) {
    if (sample.name !== name) continue;
    const label = labelOf(sample.labels);
    if (label !== undefined) sums.set(label, (sums.get(label) ?? 0) + sample.value);
  }
  return sums;
}

export function totalOf(samples: readonly Sample[], name: string): number | undefined {
  const found = samples.filter((sample) => sample.name === name);
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}

/**
 * The quantile of a histogram, by its buckets: linear within one, as Prometheus has it.
 * @param buckets counts up to each bound, by the text of the bound; undefined where nothing came
 */
export function quantile(share: number, buckets: ReadonlyMap<string, number>): number | undefined {
  const rows = [...buckets]
    .map(([bound, upTo]) => ({ bound: bound === '+Inf' ? Infinity : Number(bound), upTo }))
    .sort((a, b) => a.bound - b.bound);
  const total = rows.at(-1)?.upTo ?? 0;
  if (total <= 0) return undefined;
  const rank = share * total;
  const index = rows.findIndex(({ upTo }) => upTo >= rank);
  const row = rows[index];
  const below = rows[index - 1] ?? { bound: 0, upTo: 0 };
  if (row === undefined || row.bound === Infinity) return below.bound;
  const within = row.upTo - below.upTo;
  return below.bound + ((row.bound - below.bound) * (rank - below.upTo)) / Math.max(within, 1);
}
