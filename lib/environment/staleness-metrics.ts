/** Metrics of how old answers can be, and of what it costs to prove that. */
import type { MetricRow } from './client-metrics.js';

export const STALENESS_METRICS = {
  quorate_bounded_reads_total: {
    kind: 'counter',
    help: 'Reads at bounded-staleness: near (scope), widened (why), wide (scope), refused (code)',
    labels: ['result', 'reason'],
  },
  quorate_staleness_bound_seconds: {
    kind: 'histogram',
    help: 'How old answers at bounded-staleness could be, as proven; 0: all owners were asked',
    labels: ['scope'],
    bucketsSeconds: [0.001, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60],
  },
  quorate_staleness_questions_total: {
    kind: 'counter',
    help: 'Questions to other owners what they hold, while somebody reads at bounded-staleness',
    labels: ['peer', 'result'],
  },
  quorate_staleness_exchanges_total: {
    kind: 'counter',
    help: 'Exchanges begun because what an owner holds had not come here',
    labels: ['peer'],
  },
  quorate_completed_clocks_total: {
    kind: 'counter',
    help: 'Clocks of partitions that were completed from the records after a start or a rebuild',
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricRow>>;
