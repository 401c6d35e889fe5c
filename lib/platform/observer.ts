/** The observer port: JSON lines, and metrics for Prometheus. See docs/operations.md. */
import type { Logger } from 'pino';
import { pino } from 'pino';
import type { CounterConfiguration } from 'prom-client';
import { Counter, Gauge, Registry } from 'prom-client';
import type { LogFields, Labels, Observer, Severity } from '../environment/observer.js';
import type { MetricRow } from '../environment/client-metrics.js';
import { type MetricName, METRICS } from '../environment/metrics.js';
import { assert } from '../errors.js';
import { registerHistogram } from './plain-histogram.js';
import { collectProcessMetrics } from './process-metrics.js';
import { outputTo } from './threaded-output.js';

export interface LogAndMetricsOptions {
  readonly nodeId: string;
  /** Less severe lines are not written. */
  readonly severity: Severity;
  /** Where lines go; standard error (file descriptor 2) if not given. */
  readonly write?: (line: string) => void;
}

/** What is counted under one set of labels. */
interface Series {
  add?(by: number): void;
  measure?(value: number): void;
  /** Hands on what was added since. */
  report?(): void;
}

interface Metric {
  readonly labelNames: readonly string[];
  readonly seriesOf: (labels: Record<string, string>) => Series;
  /** Looking a series up in the library costs more than counting: found once, kept here. */
  readonly known: Branch;
  readonly series: Series[];
}

/** By the values of the labels, one after the other: no key is made of them at every count. */
interface Branch {
  readonly branches: Map<string, Branch>;
  series: Series | undefined;
}

/** From half a millisecond to ten seconds. */
const BUCKETS_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const NO_LABELS: Labels = {};
/** Beyond it, all further label values of a metric are counted as `other`. */
const SERIES_MAX = 1_000;
const STANDARD_ERROR = 2;

export class LogAndMetrics implements Observer {
  readonly #logger: Logger;
  readonly #flush: () => void;
  readonly #registry = new Registry();
  readonly #metrics: ReadonlyMap<MetricName, Metric>;
  readonly #lookAtProcess: () => void;

  constructor(options: LogAndMetricsOptions) {
    const { write } = options;
    const lost = (): void => this.count('quorate_log_lines_lost_total');
    const output = write === undefined ? outputTo(STANDARD_ERROR, lost) : undefined;
    this.#flush = () => output?.flush();
    this.#logger = pino(
      {
        level: options.severity,
        base: { node: options.nodeId },
        messageKey: 'event',
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      output ?? { write: write ?? (() => undefined) },
    );
    this.#lookAtProcess = collectProcessMetrics(this.#registry);
    const names = Object.keys(METRICS) as MetricName[];
    this.#metrics = new Map(names.map((name) => [name, this.#register(name)]));
  }

  log(severity: Severity, event: string, fields: LogFields = NO_LABELS): void {
    this.#logger[severity](fields, event);
  }

  count(metric: MetricName, labels: Labels = NO_LABELS, by = 1): void {
    const series = this.#series(metric, labels);
    assert(series.add !== undefined, `${metric} is a counter`);
    series.add(by);
  }

  measure(metric: MetricName, value: number, labels: Labels = NO_LABELS): void {
    const series = this.#series(metric, labels);
    assert(series.measure !== undefined, `${metric} is a gauge or a histogram`);
    series.measure(value);
  }

  get metricsContentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in the text format of Prometheus. */
  metricsText(): Promise<string> {
    for (const { series } of this.#metrics.values()) for (const one of series) one.report?.();
    this.#lookAtProcess();
    return this.#registry.metrics();
  }

  /** Writes out what was logged; before the process ends. */
  flush(): void {
    this.#flush();
  }

  #series(name: MetricName, labels: Labels): Series {
    const metric = this.#metrics.get(name);
    assert(metric !== undefined, `${name} is in the table of metrics`);
    let branch: Branch | undefined = metric.known;
    for (const label of metric.labelNames) {
      const value = labels[label];
      assert(value !== undefined, `${name} is counted by ${label}`);
      branch = branch?.branches.get(value);
    }
    return branch?.series ?? this.#newSeries(metric, labels);
  }

  #newSeries(metric: Metric, labels: Labels): Series {
    const crowded = metric.series.length >= SERIES_MAX;
    const values = metric.labelNames.map((label) => (crowded ? 'other' : (labels[label] ?? '')));
    let branch = metric.known;
    for (const value of values) {
      const next = branch.branches.get(value) ?? newBranch();
      branch.branches.set(value, next);
      branch = next;
    }
    if (branch.series === undefined) {
      const pairs = metric.labelNames.map((label, index) => [label, values[index] ?? '']);
      branch.series = metric.seriesOf(Object.fromEntries(pairs));
      metric.series.push(branch.series);
    }
    return branch.series;
  }

  #register(name: MetricName): Metric {
    const row: MetricRow = METRICS[name];
    const { help, labels, kind, bucketsSeconds = BUCKETS_SECONDS } = row;
    const common = { name, help, labelNames: [...labels], registers: [this.#registry] };
    const seriesOf =
      kind === 'histogram'
        ? registerHistogram(this.#registry, common, bucketsSeconds)
        : seriesMaker(kind, common);
    return { labelNames: labels, known: newBranch(), series: [], seriesOf };
  }
}

function newBranch(): Branch {
  return { branches: new Map(), series: undefined };
}

/** Makes the series of one metric, by its kind. */
function seriesMaker(
  kind: 'counter' | 'gauge',
  configuration: Omit<CounterConfiguration<string>, 'collect'>,
): Metric['seriesOf'] {
  if (kind === 'counter') {
    const counter = new Counter(configuration);
    return (labels) => new CountSeries(counter.labels(labels));
  }
  const gauge = new Gauge(configuration);
  return (labels) => {
    const child = gauge.labels(labels);
    return { measure: (value) => child.set(value) };
  };
}

/** Adds up here, and reports to the library when somebody looks: it takes ten times as long. */
class CountSeries implements Series {
  readonly #child: Counter.Internal;
  #pending = 0;

  constructor(child: Counter.Internal) {
    this.#child = child;
  }

  add(by: number): void {
    this.#pending += by;
  }

  report(): void {
    this.#child.inc(this.#pending);
    this.#pending = 0;
  }
}
