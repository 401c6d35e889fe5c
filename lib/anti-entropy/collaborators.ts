/** What anti-entropy works with. Passed by name; nobody reaches for more. */
import type { Clock } from '../environment/clock.js';
import type { Foreground } from '../environment/foreground.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import type { Ownership } from '../partitioning/ownership.js';
import type { DeadRecords } from '../persistence/dead-records.js';
import type { Digests } from '../persistence/digests.js';
import type { Endings } from '../replica/endings.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import type { PartitionHealth } from '../replica/health.js';
import type { Identity } from '../replica/identity.js';
import type { Losses } from '../replica/losses.js';
import type { PartitionClocks } from '../replica/partition-clocks.js';
import type { RecentDots } from '../persistence/recent-dots.js';
import type { RecordTable } from '../persistence/record-table.js';
import type { Replica } from '../replica/replica.js';
import type { Store } from '../persistence/store.js';
import type { Messenger } from '../rpc/messenger.js';
import type { ClusterView } from '../replication/cluster-view.js';
import type { Lag } from '../replication/lag.js';

export interface AntiEntropyLimits {
  /** Pause between two exchanges, each with the next peer. */
  readonly exchangeIntervalMilliseconds: number;
  /** What is missing must still be missing so much later: most of it is on its way. */
  readonly confirmMilliseconds: number;
  /** Pause between two audits of the trees with the same peer, whatever the clocks say. */
  readonly auditIntervalMilliseconds: number;
  /** In this time every partition is counted on the disk once. */
  readonly scrubPeriodMilliseconds: number;
  /** Pause between two looks for records of the dead that may go. */
  readonly collectIntervalMilliseconds: number;
  /** Bytes of records in one message. */
  readonly pageBytesMax: number;
  /** Records of the dead that are judged in one turn. */
  readonly collectBatchSize: number;
  /** Records of the dead on this node beyond which the oldest do not wait for their retention. */
  readonly deadRecordsMax: number;
}

export interface AntiEntropyCollaborators {
  readonly ownership: Ownership;
  /** Q of the ring. */
  readonly partitionCount: () => number;
  readonly view: ClusterView;
  readonly messenger: Messenger;
  readonly lag: Lag;
  readonly store: Store;
  readonly table: RecordTable;
  readonly clocks: PartitionClocks;
  readonly digests: Digests;
  readonly deadRecords: DeadRecords;
  readonly health: PartitionHealth;
  readonly recentDots: RecentDots;
  readonly replica: Replica;
  readonly endings: Endings;
  readonly expiryClock: ExpiryClock;
  readonly clock: Clock;
  readonly foreground: Foreground;
  readonly random: Random;
  readonly observer: Observer;
  /** Its start number is part of what a clock's generation is called. */
  readonly identity: Identity;
  readonly losses: Losses;
  /** Has the peer said what it remembers of this node's disk? */
  readonly isMet: (peer: NodeId) => boolean;
  /** How long one message of background work may wait for its answer. */
  readonly backgroundTimeoutMilliseconds: number;
  readonly limits: AntiEntropyLimits;
}

/** On the monotonic clock: until when one message of background work may wait. */
export function backgroundDeadline({
  clock,
  backgroundTimeoutMilliseconds,
}: Pick<AntiEntropyCollaborators, 'clock' | 'backgroundTimeoutMilliseconds'>): number {
  return clock.monotonicMilliseconds() + backgroundTimeoutMilliseconds;
}
