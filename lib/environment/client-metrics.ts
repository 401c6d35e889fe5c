/** Metrics of what clients ask, and of their connections. */

export interface MetricRow {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, ascending; if not given: half a millisecond to ten seconds. */
  readonly bucketsSeconds?: readonly number[];
}

export const CLIENT_METRICS = {
  quorate_requests_total: {
    kind: 'counter',
    help: 'By the level asked for, the result (a code), and its class: answered, refused or failed',
    labels: ['operation', 'level', 'result', 'class'],
  },
  quorate_namespace_requests_total: {
    kind: 'counter',
    help: 'Requests for keys of namespaces other than the default one; unknown names do not count',
    labels: ['namespace', 'operation', 'class'],
  },
  quorate_batch_operations_total: {
    kind: 'counter',
    help: 'Operations of batches by level and result code, as of requests',
    labels: ['operation', 'level', 'result'],
  },
  quorate_fallbacks_total: {
    kind: 'counter',
    help: 'Answers at a fallback: weaker than the level that was asked for first',
    labels: ['operation', 'level', 'achieved'],
  },
  quorate_request_duration_seconds: {
    kind: 'histogram',
    help: 'Time from the parsed request to its answer',
    labels: ['operation', 'level'],
  },
  quorate_rate_limited_total: {
    kind: 'counter',
    help: 'Requests and batches refused because their client asked too often',
    labels: ['namespace'],
  },
  quorate_rate_limit_clients: {
    kind: 'gauge',
    help: 'Clients whose recent requests are counted, in each namespace',
    labels: [],
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
  quorate_requests_in_flight: {
    kind: 'gauge',
    help: 'Requests of clients that are worked on',
    labels: ['kind'],
  },
  quorate_request_bytes_in_flight: {
    kind: 'gauge',
    help: 'Bytes of bodies of requests that are held',
    labels: [],
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
  quorate_settled_operations_total: {
    kind: 'counter',
    help: 'Operations that were begun and left alone, settled unasked: lapsed, applied',
    labels: ['result'],
  },
} as const satisfies Record<string, MetricRow>;
