/** What a node holds and sees: counted when somebody asks for its report or its metrics. */
import { byDeadline } from '../environment/by-deadline.js';
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { OperatingError } from '../errors.js';
import type { NodeId } from '../environment/transport.js';
import type { Disk } from '../disk/disk.js';
import type { Ownership } from '../partitioning/ownership.js';
import { STORED_FORMAT } from '../persistence/checksummed.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { Plans } from '../replication/plan.js';
import type { FailureDetector } from './failure-detector.js';
import type { StoredCounts } from './cluster-types.js';
import { countPartitions } from './partition-counts.js';

export interface GaugesControl {
  /** Sets them all. What cannot be read from the disk, or not soon, stays as it was. */
  measure(): Promise<void>;
}

export interface StateGaugesOptions {
  /** Of the software. */
  readonly version: string;
  readonly ownership: Ownership;
  readonly plans: Plans;
  readonly view: ClusterView & Pick<FailureDetector, 'measuredRoundTrip'>;
  readonly disk: Pick<
    Disk,
    | 'conflicts'
    | 'tombstones'
    | 'proposals'
    | 'clocks'
    | 'digests'
    | 'health'
    | 'hints'
    | 'store'
    | 'storage'
    | 'stalls'
  >;
  /** On the monotonic clock, since when a peer may lack what no hint brings it any more. */
  readonly owesSince: (peer: NodeId) => number | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly limits: { readonly storageReserveBytes: number; readonly contextBytesMax: number };
}

/** Scrapes have deadlines of their own, which are longer. */
const READ_MILLISECONDS = 2_000;

export class StateGauges implements GaugesControl {
  readonly #options: StateGaugesOptions;
  readonly #startedAt: number;
  /** What the disk is asked now. */
  #reading: Promise<void> | undefined;

  constructor(options: StateGaugesOptions) {
    this.#options = options;
    const { clock, observer, version, limits } = options;
    this.#startedAt = clock.monotonicMilliseconds();
    const labels = { version, stored_format: String(STORED_FORMAT) };
    observer.measure('quorate_build_info', 1, labels);
    observer.measure('quorate_disk_reserve_bytes', limits.storageReserveBytes);
    observer.measure('quorate_context_limit_bytes', limits.contextBytesMax);
  }

  /** @throws OperatingError `storage_failed` where the disk cannot be read, or does not answer */
  async stored(): Promise<StoredCounts> {
    const { ownership, disk } = this.#options;
    const { conflicts, tombstones, proposals, digests, store, storage, stalls } = disk;
    // Whoever looks at a node must not wait for its disk.
    if (stalls.stalledMilliseconds > 0) {
      throw late();
    }
    await Promise.all([conflicts.countStored(store), tombstones.countStored(store)]);
    const disk_used_bytes = await storage.usedBytes();
    const disk_free_bytes = await storage.freeBytes();
    let records = 0;
    for (const partition of ownership.own) records += digests.of(partition).count;
    // What lies there of proposals has the same digests.
    const keys = Math.max(0, records - tombstones.count - proposals.count);
    return { keys, keys_in_conflict: conflicts.count, disk_used_bytes, disk_free_bytes };
  }

  async measure(): Promise<void> {
    const { clock, observer, disk } = this.#options;
    const stalled = disk.stalls.stalledMilliseconds / 1000;
    observer.measure('quorate_disk_stalled_seconds', stalled);
    const uptime = clock.monotonicMilliseconds() - this.#startedAt;
    observer.measure('quorate_uptime_seconds', uptime / 1000);
    this.#measureRing();
    this.#measureView();
    // Where it hangs it is not asked again, and all are told the last figures.
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    const deadline = clock.monotonicMilliseconds() + READ_MILLISECONDS;
    await byDeadline(clock, this.#reading, deadline, late).catch(() => undefined);
  }

  async #read(): Promise<void> {
    for (const step of [() => this.#measureRecords(), () => this.#measureHints()]) {
      // A disk that fails has an alarm of its own.
      await step().catch(() => undefined);
    }
  }

  #measureRing(): void {
    const { ownership, plans, disk, observer } = this.#options;
    const { partitionCount, members, self } = ownership;
    const counts = countPartitions(plans, partitionCount);
    observer.measure('quorate_partitions_under_replicated', counts.underReplicated);
    observer.measure('quorate_partitions_without_quorum', counts.withoutQuorum);
    observer.measure('quorate_partitions_without_replicas', counts.withoutReplicas);
    observer.measure('quorate_partitions_rebuilding', disk.health.rebuilding.length);
    observer.measure('quorate_partition_clock_writers_max', disk.clocks.writersMax);
    const owned = ownership.own.length;
    observer.measure('quorate_partitions_owned', owned);
    const copies = Math.min(ownership.history.current.replicaCount, members.length);
    const fair = fairShare({ self, members, partitionCount, copies });
    observer.measure('quorate_ring_share_ratio', fair === 0 ? 0 : owned / fair);
  }

  async #measureRecords(): Promise<void> {
    const { observer } = this.#options;
    const { disk_used_bytes: used, keys, keys_in_conflict } = await this.stored();
    if (used !== undefined) observer.measure('quorate_disk_used_bytes', used);
    observer.measure('quorate_keys', keys);
    observer.measure('quorate_keys_in_conflict', keys_in_conflict);
  }

  #measureView(): void {
    const { ownership, view, observer } = this.#options;
    for (const peer of ownership.nodes) {
      if (peer === view.self) continue;
      observer.measure('quorate_peer_up', view.isUp(peer) ? 1 : 0, { peer });
      const roundTrip = view.measuredRoundTrip(peer);
      if (roundTrip !== undefined) {
        observer.measure('quorate_peer_round_trip_seconds', roundTrip / 1000, { peer });
      }
    }
  }

  async #measureHints(): Promise<void> {
    const { ownership, view, disk, observer } = this.#options;
    for (const peer of ownership.nodes) {
      if (peer === view.self) continue;
      const age = await this.#oldestHintSeconds(peer);
      const { count, bytes } = disk.hints.held.get(peer) ?? { count: 0, bytes: 0 };
      observer.measure('quorate_hints_held', count, { target: peer });
      observer.measure('quorate_hint_bytes', bytes, { target: peer });
      observer.measure('quorate_hint_oldest_age_seconds', age, { target: peer });
      const lag = Math.max(age, this.#owedSeconds(peer));
      observer.measure('quorate_replication_lag_seconds', lag, { peer });
    }
  }

  async #oldestHintSeconds(target: NodeId): Promise<number> {
    const { disk, clock } = this.#options;
    if ((disk.hints.held.get(target)?.count ?? 0) === 0) return 0;
    const since = await disk.hints.oldest(target);
    return since === undefined ? 0 : Math.max(0, clock.wallMilliseconds() - since) / 1000;
  }

  #owedSeconds(peer: NodeId): number {
    const { owesSince, clock } = this.#options;
    const since = owesSince(peer);
    return since === undefined ? 0 : (clock.monotonicMilliseconds() - since) / 1000;
  }
}

function late(): OperatingError {
  return new OperatingError('storage_failed', 'the disk does not answer', { outcome: 'none' });
}

interface Shares {
  readonly self: NodeId;
  readonly members: readonly { readonly id: NodeId; readonly weight: number }[];
  readonly partitionCount: number;
  /** Of each partition. */
  readonly copies: number;
}

/**
 * The partitions that the weight of a node asks for. A node keeps one copy of a partition at most:
 * what a heavy node cannot take, the others share by their weights.
 */
export function fairShare({ self, members, partitionCount, copies }: Shares): number {
  let rest = [...members];
  let left = copies * partitionCount;
  for (;;) {
    const weights = rest.reduce((sum, { weight }) => sum + weight, 0);
    const full = rest.filter(({ weight }) => (left * weight) / weights >= partitionCount);
    if (full.some(({ id }) => id === self)) return partitionCount;
    const own = rest.find(({ id }) => id === self);
    if (own === undefined) return 0;
    if (full.length === 0) return (left * own.weight) / weights;
    rest = rest.filter((member) => !full.includes(member));
    left -= full.length * partitionCount;
  }
}
