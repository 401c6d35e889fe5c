/** The names of all metrics of a node, and what each says. */
import { CLIENT_METRICS, type MetricRow } from './client-metrics.js';
import { STALENESS_METRICS } from './staleness-metrics.js';
import { STATE_METRICS } from './state-metrics.js';

/** Every metric that a node reports; units last, as Prometheus wants them. */
export const METRICS = {
  ...CLIENT_METRICS,
  ...STALENESS_METRICS,
  ...STATE_METRICS,
  quorate_read_repairs_total: {
    kind: 'counter',
    help: 'Copies written to lagging replicas by reads',
    labels: ['mode'],
  },
  quorate_replicas_behind_total: {
    kind: 'counter',
    help: 'Reads that found this replica behind others',
    labels: ['replica'],
  },
  quorate_replicas_behind_versions_total: {
    kind: 'counter',
    help: 'Versions that it lacked then, all together',
    labels: ['replica'],
  },
  quorate_replica_staleness_seconds: {
    kind: 'histogram',
    help: 'Age of the newest write of a key, where a read found that a replica lacked writes of it',
    labels: ['replica'],
    bucketsSeconds: [0.01, 0.1, 1, 10, 60, 600, 3600, 36_000],
  },
  quorate_read_repair_failures_total: {
    kind: 'counter',
    help: 'Copies of reads that a lagging replica did not take in time',
    labels: ['replica'],
  },
  quorate_reads_begun_anew_total: {
    kind: 'counter',
    help: 'Reads that had to ask again',
    labels: [],
  },
  quorate_strong_rounds_total: {
    kind: 'counter',
    help: 'Strong operations decided here, by how often each had to be proposed',
    labels: ['operation', 'rounds'],
  },
  quorate_strong_reads_total: {
    kind: 'counter',
    help: 'Strong reads: settled in one round trip, or passed on to be decided, and why',
    labels: ['result'],
  },
  quorate_strong_events_total: {
    kind: 'counter',
    help: 'Of proposers here: ballots begun, activated, lost; values adopted; refusals by coverage',
    labels: ['event'],
  },
  quorate_strong_contention_total: {
    kind: 'counter',
    help: 'Strong operations sent on: to another proposer, or to be taken over',
    labels: ['reason'],
  },
  quorate_struck_answers_total: { kind: 'counter', help: 'Answers of before a loss', labels: [] },
  quorate_siblings_created_total: {
    kind: 'counter',
    help: 'Writes and merges on a replica that left more values side by side than before',
    labels: [],
  },
  quorate_resolutions_total: {
    kind: 'counter',
    help: 'Siblings given to a strategy: resolved, kept (of another shape), or refused',
    labels: ['strategy', 'result'],
  },
  quorate_kept_items_total: {
    kind: 'counter',
    help: 'Versions and audit entries put aside, and those given up for room or age',
    labels: ['kind', 'change'],
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
  quorate_hedges_total: { kind: 'counter', help: 'More replicas asked by slow reads', labels: [] },
  quorate_session_widened_total: {
    kind: 'counter',
    help: 'Reads and writes of sessions for which more replicas were asked than the level asks',
    labels: ['operation'],
  },
  quorate_session_flags_asked_total: {
    kind: 'counter',
    help: 'Partitions of which all owners were asked what they hold, for tokens with flags',
    labels: ['result'],
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
  quorate_peer_queue_bytes: {
    kind: 'gauge',
    help: 'Bytes of messages that wait to leave for a peer',
    labels: ['peer'],
  },
  quorate_peer_queue_refused_total: {
    kind: 'counter',
    help: 'Messages that were not sent, because too many bytes wait for that peer',
    labels: ['peer'],
  },
  quorate_clock_sane: {
    kind: 'gauge',
    help: '1 where the clock of this node is near the median of all members',
    labels: [],
  },
  quorate_clock_skew_seconds: {
    kind: 'gauge',
    help: 'Clock of this node less the median of all members',
    labels: [],
  },
  quorate_commits_total: { kind: 'counter', help: 'Storage batches', labels: ['sync'] },
  quorate_commit_operations_total: { kind: 'counter', help: 'Operations in them', labels: [] },
  quorate_disk_free_bytes: { kind: 'gauge', help: 'Room that the disk still has', labels: [] },
  quorate_read_only: {
    kind: 'gauge',
    help: '1 where this node takes no writes: its disk is nearly full, or failed',
    labels: [],
  },
  quorate_corrupt_records_total: {
    kind: 'counter',
    help: 'Stored bytes whose checksum did not match',
    labels: [],
  },
  quorate_unknown_formats_total: {
    kind: 'counter',
    help: 'Times that something stored by another version of quorate was found, and left as it is',
    labels: [],
  },
  quorate_filter_total: {
    kind: 'counter',
    help: 'Incoming versions dropped by the partition clock, by reason',
    labels: ['reason'],
  },
  quorate_damaged_partitions_total: {
    kind: 'counter',
    help: 'Partitions of this node that were found damaged, by what showed it',
    labels: ['reason'],
  },
  quorate_announced_losses_total: {
    kind: 'counter',
    help: 'Losses that an owner confirmed',
    labels: [],
  },
  quorate_rebuilt_partitions_total: {
    kind: 'counter',
    help: 'Damaged partitions whose rebuild is complete',
    labels: [],
  },
  quorate_tickets_total: {
    kind: 'counter',
    help: 'Starts after a clean stop: did the writers live on?',
    labels: ['result'],
  },
  quorate_collected_records_total: {
    kind: 'counter',
    help: 'Records of tombstones and stubs (expired values) that were removed',
    labels: [],
  },
  quorate_expired_values_total: {
    kind: 'counter',
    help: 'Values whose time to live has ended, made stubs here',
    labels: [],
  },
  quorate_expiry_lag_seconds: {
    kind: 'gauge',
    help: 'How long ago the value ended that the reaper came to last; 0 where none is left',
    labels: [],
  },
  quorate_blind_writes_total: {
    kind: 'counter',
    help: 'Writes without a context: answered alone, after a claim, or leaving something beside',
    labels: ['result'],
  },
  quorate_purged_versions_total: {
    kind: 'counter',
    help: 'Versions dropped at the end of a rebuild, since every other owner had seen their end',
    labels: [],
  },
  quorate_exchanges_total: {
    kind: 'counter',
    help: 'Comparisons with a peer: alike, different, or failed',
    labels: ['result'],
  },
  quorate_exchanged_records_total: {
    kind: 'counter',
    help: 'Records taken from peers by exchanges',
    labels: [],
  },
  quorate_exchanged_bytes_total: {
    kind: 'counter',
    help: 'Bytes of records taken from peers by exchanges',
    labels: [],
  },
  quorate_tree_differences_total: {
    kind: 'counter',
    help: 'Keys that differed twice: expiry, lagging, or (an alarm) unexplained by the clocks',
    labels: ['peer', 'kind'],
  },
  quorate_scrubbed_partitions_total: {
    kind: 'counter',
    help: 'Partitions whose records were counted on the disk against their digests',
    labels: [],
  },
  quorate_tombstones: {
    kind: 'gauge',
    help: 'Tombstones and expired values that this node keeps',
    labels: [],
  },
  quorate_tombstones_blocked: {
    kind: 'gauge',
    help: 'Those of them that were due in the last pass and could not be removed, by reason',
    labels: ['reason'],
  },
  quorate_void_numbers_total: {
    kind: 'counter',
    help: 'Numbers of proposals of ended ballots that no version bears, counted as seen',
    labels: [],
  },
  quorate_collection_blocked_total: {
    kind: 'counter',
    help: 'Times that a tombstone or stub could not be removed yet, by reason',
    labels: ['reason'],
  },
  quorate_peer_refusals_total: {
    kind: 'counter',
    help: 'Connections to the peer port that were refused before a proof, by reason',
    labels: ['reason'],
  },
  quorate_log_lines_lost_total: {
    kind: 'counter',
    help: 'Lines of the log that could not be written: no room, no disk, nobody who reads',
    labels: [],
  },
  quorate_listener_failures_total: {
    kind: 'counter',
    help: 'Errors in listeners that strangers reach: bugs; each closed its connection',
    labels: ['listener'],
  },
  quorate_refused_lives_total: {
    kind: 'counter',
    help: 'Nodes refused because another node of their id was running; names the id',
    labels: ['peer'],
  },
  quorate_foreign_nodes_total: {
    kind: 'counter',
    help: 'Nodes of another cluster that were found under the id of a member; names the id',
    labels: ['peer'],
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
