/** What Prometheus gets of the process itself: prom-client's default metrics, but one. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/**
 * A timer that is due so often shows how late timers are, and wakes a process that has nothing to
 * do. The library's is due every 10 ms: it made 100 of the 112 wake-ups a second of an idle node.
 */
const SAMPLE_MILLISECONDS = 100;
/** The library's own monitor cannot be left out, but it need never be due. */
const NEVER_MILLISECONDS = 2_147_483_647;
const NANOSECONDS = 1e9;

interface LagFigure {
  readonly help: string;
  /** In nanoseconds, from one shot of the timer to the next. */
  readonly of: (monitor: IntervalHistogram) => number;
}

/** By the names that the library has for them. */
const LAG_FIGURES: Readonly<Record<string, LagFigure>> = {
  min: { help: 'Least lateness of a timer, since the last look', of: ({ min }) => min },
  max: { help: 'Most lateness of a timer, since the last look', of: ({ max }) => max },
  mean: { help: 'Mean lateness of timers, since the last look', of: ({ mean }) => mean },
  p50: { help: 'Half of the timers were no later', of: (monitor) => monitor.percentile(50) },
  p90: { help: '90 in 100 timers were no later', of: (monitor) => monitor.percentile(90) },
  p99: { help: '99 in 100 timers were no later', of: (monitor) => monitor.percentile(99) },
};

/** Gauges that are called like counters. Those of each type, which add up to them, stay. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** @returns takes the figures since the last look: to be called before the metrics are written */
export function collectProcessMetrics(registry: Registry): () => void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MILLISECONDS });
  registry.removeSingleMetric('nodejs_eventloop_lag_stddev_seconds');
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const monitor = monitorEventLoopDelay({ resolution: SAMPLE_MILLISECONDS });
  monitor.enable();
  const gauges = Object.entries(LAG_FIGURES).map(([figure, { help, of }]) => {
    const name = `nodejs_eventloop_lag_${figure}_seconds`;
    registry.removeSingleMetric(name);
    return { gauge: new Gauge({ name, help, registers: [registry] }), of };
  });
  return () => {
    // Not once was it due.
    if (monitor.count === 0) return;
    for (const { gauge, of } of gauges) {
      gauge.set(Math.max(0, of(monitor) / NANOSECONDS - SAMPLE_MILLISECONDS / 1000));
    }
    monitor.reset();
  };
}
