/** Metrics of the state of a node: most are taken when somebody looks. */
import type { MetricRow } from './client-metrics.js';

export const STATE_METRICS = {
  quorate_build_info: {
    kind: 'gauge',
    help: '1, for the version of the software, and of the format of what is stored',
    labels: ['version', 'stored_format'],
  },
  quorate_uptime_seconds: { kind: 'gauge', help: 'Since the start of this node', labels: [] },
  quorate_keys: { kind: 'gauge', help: 'Keys of which this node holds a value', labels: [] },
  quorate_keys_in_conflict: {
    kind: 'gauge',
    help: 'Keys of which this node holds more than one value',
    labels: [],
  },
  quorate_disk_used_bytes: {
    kind: 'gauge',
    help: 'What the files of the storage engine take',
    labels: [],
  },
  quorate_disk_reserve_bytes: {
    kind: 'gauge',
    help: 'With less room than this the node takes no writes',
    labels: [],
  },
  quorate_disk_stalled_seconds: {
    kind: 'gauge',
    help: 'How long the disk has not answered; 0 where it does',
    labels: [],
  },
  quorate_hint_bytes: {
    kind: 'gauge',
    help: 'Bytes of the hints that wait on this node',
    labels: ['target'],
  },
  quorate_hint_oldest_age_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest hint that waits on this node; 0 where none does',
    labels: ['target'],
  },
  quorate_replication_lag_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest write that this node knows the peer to lack; 0 where it knows of none',
    labels: ['peer'],
  },
  quorate_last_exchange_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the last exchange with the peer succeeded that this node began',
    labels: ['peer'],
  },
  quorate_peer_round_trip_seconds: {
    kind: 'gauge',
    help: 'Of heartbeats, smoothed',
    labels: ['peer'],
  },
  quorate_partitions_owned: {
    kind: 'gauge',
    help: 'Partitions of which this node keeps a copy',
    labels: [],
  },
  quorate_ring_share_ratio: {
    kind: 'gauge',
    help: 'Those, against the share that the weight of this node asks for; 1 is balanced',
    labels: [],
  },
  quorate_partitions_under_replicated: {
    kind: 'gauge',
    help: 'Partitions of the cluster of which this node sees an owner down',
    labels: [],
  },
  quorate_partitions_without_quorum: {
    kind: 'gauge',
    help: 'Those of which it sees less than a majority of the owners up',
    labels: [],
  },
  quorate_partitions_without_replicas: {
    kind: 'gauge',
    help: 'Those of which it sees no owner up',
    labels: [],
  },
  quorate_partitions_rebuilding: {
    kind: 'gauge',
    help: 'Damaged partitions of this node, which answer for nothing until they are rebuilt',
    labels: [],
  },
  quorate_partition_clock_writers_max: {
    kind: 'gauge',
    help: 'Writers in the clock of a partition that has most of them; none ever leaves it',
    labels: [],
  },
  quorate_largest_context_bytes: {
    kind: 'gauge',
    help: 'Of the causal contexts of the keys that this life has read or written',
    labels: [],
  },
  quorate_largest_context_entries: {
    kind: 'gauge',
    help: 'Writers in the causal context that has most of them',
    labels: [],
  },
  quorate_context_limit_bytes: {
    kind: 'gauge',
    help: 'Writes that would make a context larger are refused',
    labels: [],
  },
} as const satisfies Record<string, MetricRow>;
