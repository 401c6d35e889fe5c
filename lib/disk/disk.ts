/** Everything that lives on the disk of one node, opened in order. */
import type { Clock } from '../environment/clock.js';
import type { EventLog } from '../environment/event-log.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type { Storage } from '../environment/storage.js';
import type { NodeId } from '../environment/transport.js';
import { HybridClock } from '../versioning/hybrid-clock.js';
import { Audits } from '../persistence/audits.js';
import { CollectedDots } from '../replica/collected-dots.js';
import { ConflictTurns } from '../persistence/conflict-turns.js';
import { RecordCount } from '../persistence/record-count.js';
import { type DigestLimits, Digests } from '../persistence/digests.js';
import { DiskGuard } from '../persistence/disk-guard.js';
import { DurableAcceptor } from '../replica/durable-acceptor.js';
import { Endings } from '../replica/endings.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import { PartitionHealth } from '../replica/health.js';
import type { HintLimits } from '../hints/hint-quota.js';
import { Hints } from '../hints/hints.js';
import { Identity } from '../replica/identity.js';
import { Losses } from '../replica/losses.js';
import { LargestKeys } from '../persistence/largest-keys.js';
import { Minter } from '../replica/minter.js';
import { PartitionClocks } from '../replica/partition-clocks.js';
import { ProposalTable } from '../persistence/proposal-table.js';
import { RecentDots } from '../persistence/recent-dots.js';
import type { RecordLimits } from '../persistence/record-limits.js';
import { RecordTable } from '../persistence/record-table.js';
import { Replica } from '../replica/replica.js';
import { StallWatch } from '../persistence/stall-watch.js';
import { Store } from '../persistence/store.js';
import { pickUpTicket } from '../replica/ticket.js';
import { assertKnownFormats } from '../persistence/unknown-formats.js';
import { KeptVersions } from '../persistence/versions.js';
import { WatchedStorage } from '../persistence/watched-storage.js';

export interface DiskLimits extends RecordLimits, HintLimits, DigestLimits {
  readonly storageQueueBytesMax: number;
  /** Below so much room on the disk a node takes no writes. */
  readonly storageReserveBytes: number;
  readonly recordCacheBytesMax: number;
  readonly recentDotsMax: number;
  readonly mintedKeysMax: number;
  readonly auditBytesMax: number;
  readonly auditRetentionMilliseconds: number;
  readonly versionsBytesMax: number;
  /** Bytes of what one message of background work holds. */
  readonly pageBytesMax: number;
}

export interface DiskOptions {
  readonly node: NodeId;
  /** As configured. */
  readonly clusterName: string;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly expiryClock: ExpiryClock;
  readonly random: Random;
  readonly observer: Observer;
  /** Called for conflicts that begin and end. */
  readonly events: Pick<EventLog, 'remember'>;
  /** Q of the ring: asked for once the ring is known. */
  readonly partitionCount: () => number;
  readonly limits: DiskLimits;
}

export type Disk = Awaited<ReturnType<typeof openDisk>>;

/** How often this node has started, and what it has announced. */
async function openIdentity(store: Store, options: DiskOptions) {
  const { node, clusterName, observer } = options;
  await assertKnownFormats(store);
  const identity = await Identity.open(store, { node, clusterName }, observer);
  const losses = Losses.open(store, observer);
  // A repair of the engine may lose the record of the starts alone: below what it has announced of
  // itself nothing that this node says would count.
  const announced = losses.startOf(node);
  if (announced > identity.start) await identity.renew(announced);
  return { identity, losses };
}

/** @throws OperatingError `founding_refused` (of another node or cluster), `storage_failed` */
export async function openDisk(options: DiskOptions) {
  const { node, clock, expiryClock, random, observer, limits } = options;
  const { partitionCount } = options;
  const stalls = new StallWatch({ clock, observer });
  const storage = new WatchedStorage(options.storage, stalls);
  const store = new Store({ storage, observer, queueBytesMax: limits.storageQueueBytesMax });
  const { identity, losses } = await openIdentity(store, options);
  const ticket = await pickUpTicket(store, observer);
  const clocks = await PartitionClocks.open(store);
  const digests = await Digests.open(store, observer, limits);
  const { start } = identity;
  const minter = new Minter({ node, start, random, keysMax: limits.mintedKeysMax });
  const health = await PartitionHealth.open({ store, clocks, minter, observer });
  const tombstones = new RecordCount('collectable');
  const conflicts = new RecordCount('conflict');
  const recentDots = new RecentDots(limits.recentDotsMax);
  const versions = new KeptVersions({ store, expiryClock, observer, ...limits });
  const conflictTurns = new ConflictTurns(options.events, observer);
  const audits = new Audits({ store, expiryClock, observer, conflictTurns, ...limits });
  const largest = new LargestKeys(limits, observer);
  const table = new RecordTable({
    ...{ store, digests, tombstones, conflicts, conflictTurns, recentDots, versions, audits },
    ...{ largest, observer },
    cacheBytesMax: limits.recordCacheBytesMax,
  });
  const collected = new CollectedDots();
  const hybridClock = new HybridClock(() => expiryClock.stamp());
  const shared = { store, clock, expiryClock, hybridClock, minter, observer };
  const records = { ...shared, ...limits, table, clocks, health, collected };
  const replica = new Replica(records);
  const proposals = await ProposalTable.open({ store, digests, table, partitionCount });
  const acceptor = new DurableAcceptor({
    ...{ store, proposals, replica, clocks, health, identity, observer },
    ...limits,
  });
  const endings = new Endings({ ...records, versions });
  const hints = await Hints.open({ ...shared, ...limits, partitionCount });
  const read = {
    versions,
    audits,
    table,
    largest,
    digests,
    tombstones,
    conflicts,
    recentDots,
    clocks,
    health,
    partitionCount,
  };
  const reserveBytes = limits.storageReserveBytes;
  const guard = new DiskGuard({ storage, store, clock, random, observer, reserveBytes });
  await guard.check().catch(() => undefined);
  const own = { storage, stalls, store, identity, losses, ticket, expiryClock, guard };
  return { ...own, minter, hybridClock, replica, proposals, acceptor, endings, hints, ...read };
}
