/** Reporting as a port: structured events, and metrics by name. */

export type Severity = 'debug' | 'info' | 'warn' | 'error';
export type Fields = Readonly<Record<string, unknown>>;
export type Labels = Readonly<Record<string, string>>;

interface MetricRow {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

/** Every metric that a node reports; units last, as Prometheus wants them. */
export const METRICS = {
  quorate_requests_total: {
    kind: 'counter',
    help: 'Client operations by level and result code (ok, not_found, siblings, or an error code)',
    labels: ['operation', 'level', 'result'],
  },
  quorate_request_duration_seconds: {
    kind: 'histogram',
    help: 'Time from the parsed request to its answer',
    labels: ['operation', 'level'],
  },
  quorate_read_repairs_total: {
    kind: 'counter',
    help: 'Copies written to lagging replicas by reads',
    labels: ['mode'],
  },
  quorate_siblings_created_total: {
    kind: 'counter',
    help: 'Merges that left more live versions than either side had',
    labels: [],
  },
  quorate_hints_stored_total: { kind: 'counter', help: 'Hints made durable', labels: [] },
  quorate_hints_delivered_total: { kind: 'counter', help: 'Hints delivered', labels: [] },
  quorate_hints_expired_total: {
    kind: 'counter',
    help: 'Hints that left undelivered, by age or for room: a majority of owners hold them',
    labels: [],
  },
  quorate_hints_kept_total: {
    kind: 'counter',
    help: 'Times that a hint was due to leave and stayed, because too few owners hold it',
    labels: [],
  },
  quorate_hints_refused_total: {
    kind: 'counter',
    help: 'Hints not held because a quota was full: that of the target, or of the node',
    labels: ['quota'],
  },
  quorate_hints_held: { kind: 'gauge', help: 'Hints waiting on this node', labels: ['target'] },
  quorate_forwards_total: {
    kind: 'counter',
    help: 'Requests passed on to a primary',
    labels: ['result'],
  },
  quorate_hedges_total: {
    kind: 'counter',
    help: 'Further replicas asked by slow reads',
    labels: [],
  },
  quorate_peer_messages_total: {
    kind: 'counter',
    help: 'Peer requests by type and result',
    labels: ['type', 'result'],
  },
  quorate_late_messages_total: {
    kind: 'counter',
    help: 'Peer requests dropped because their deadline had passed',
    labels: ['type'],
  },
  quorate_peer_up: {
    kind: 'gauge',
    help: '1 where this node sees the peer as up',
    labels: ['peer'],
  },
  quorate_commits_total: { kind: 'counter', help: 'Storage batches', labels: ['sync'] },
  quorate_commit_operations_total: { kind: 'counter', help: 'Operations in them', labels: [] },
  quorate_corrupt_records_total: {
    kind: 'counter',
    help: 'Stored bytes whose checksum did not match',
    labels: [],
  },
  quorate_filter_total: {
    kind: 'counter',
    help: 'Incoming versions dropped by the partition clock, by reason',
    labels: ['reason'],
  },
  quorate_refused_epochs_total: {
    kind: 'counter',
    help: 'Peer messages refused for their ring epoch',
    labels: [],
  },
  quorate_background_failures_total: {
    kind: 'counter',
    help: 'Background tasks that failed and will run again',
    labels: ['task'],
  },
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof METRICS;

export interface Observer {
  log(severity: Severity, event: string, fields?: Fields): void;
  /** Adds to a counter. */
  count(metric: MetricName, labels?: Labels, by?: number): void;
  /** Sets a gauge, or adds one observation to a histogram. */
  measure(metric: MetricName, value: number, labels?: Labels): void;
}
