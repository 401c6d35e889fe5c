/** Metrics of what clients ask, and of their connections. */

export interface MetricRow {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

export const CLIENT_METRICS = {
  quorate_requests_total: {
    kind: 'counter',
    help: 'Client operations by level and result code (ok, not_found, siblings, or an error code)',
    labels: ['operation', 'level', 'result'],
  },
  quorate_batch_operations_total: {
    kind: 'counter',
    help: 'Operations of batches by result code, as of requests',
    labels: ['operation', 'result'],
  },
  quorate_request_duration_seconds: {
    kind: 'histogram',
    help: 'Time from the parsed request to its answer',
    labels: ['operation', 'level'],
  },
  quorate_http_connections: {
    kind: 'gauge',
    help: 'Connections of clients',
    labels: [],
  },
  quorate_http_connections_ended_total: {
    kind: 'counter',
    help: 'Connections ended here: idle, for another; beyond the limit; of an answer unread',
    labels: ['reason'],
  },
  quorate_http_waiting_bytes: {
    kind: 'gauge',
    help: 'Heads of requests that wait for earlier ones of their connections',
    labels: [],
  },
  quorate_answer_bytes: {
    kind: 'gauge',
    help: 'Bytes of answers that were made and have not left yet',
    labels: [],
  },
} as const satisfies Record<string, MetricRow>;
