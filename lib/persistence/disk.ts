/** Everything that lives on the disk of one node, opened in order. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type { Storage } from '../environment/storage.js';
import type { NodeId } from '../environment/transport.js';
import { HybridClock } from '../versioning/hybrid-clock.js';
import { Audits } from './audits.js';
import { CollectedDots } from './collected-dots.js';
import { DeadRecords } from './dead-records.js';
import { type DigestLimits, Digests } from './digests.js';
import { DiskGuard } from './disk-guard.js';
import { Endings } from './endings.js';
import type { ExpiryClock } from './expiry-clock.js';
import { PartitionHealth } from './health.js';
import type { HintLimits } from './hint-quota.js';
import { Hints } from './hints.js';
import { Identity } from './identity.js';
import { Losses } from './losses.js';
import { LargestKeys } from './largest-keys.js';
import { Minter } from './minter.js';
import { PartitionClocks } from './partition-clocks.js';
import { RecentDots } from './recent-dots.js';
import type { RecordLimits } from './record-limits.js';
import { RecordTable } from './record-table.js';
import { Replica } from './replica.js';
import { Store } from './store.js';
import { pickUpTicket } from './ticket.js';
import { KeptVersions } from './versions.js';

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
  readonly limits: DiskLimits;
}

export type Disk = Awaited<ReturnType<typeof openDisk>>;

/** @throws OperatingError `founding_refused` (of another node or cluster), `storage_failed` */
export async function openDisk(options: DiskOptions) {
  const { node, clusterName, storage, clock, expiryClock, random, observer, limits } = options;
  const store = new Store({ storage, observer, queueBytesMax: limits.storageQueueBytesMax });
  const identity = await Identity.open(store, { node, clusterName }, observer);
  const losses = Losses.open(store, observer);
  const ticket = await pickUpTicket(store, observer);
  const clocks = await PartitionClocks.open(store);
  const digests = await Digests.open(store, observer, limits);
  const { start } = identity;
  const minter = new Minter({ node, start, random, keysMax: limits.mintedKeysMax });
  const health = await PartitionHealth.open({ store, clocks, minter, observer });
  const deadRecords = new DeadRecords();
  const recentDots = new RecentDots(limits.recentDotsMax);
  const versions = new KeptVersions({ store, expiryClock, observer, ...limits });
  const audits = new Audits({ store, expiryClock, observer, ...limits });
  const largest = new LargestKeys(limits, observer);
  const table = new RecordTable({
    ...{ store, digests, deadRecords, recentDots, versions, audits, largest },
    cacheBytesMax: limits.recordCacheBytesMax,
  });
  const collected = new CollectedDots();
  const hybridClock = new HybridClock(() => expiryClock.stamp());
  const shared = { store, clock, expiryClock, hybridClock, minter, observer };
  const records = { ...shared, ...limits, table, clocks, health, collected };
  const replica = new Replica(records);
  const endings = new Endings(records);
  const hints = await Hints.open({ ...shared, ...limits });
  const read = {
    versions,
    audits,
    table,
    largest,
    digests,
    deadRecords,
    recentDots,
    clocks,
    health,
  };
  const reserveBytes = limits.storageReserveBytes;
  const guard = new DiskGuard({ storage, store, clock, random, observer, reserveBytes });
  await guard.check().catch(() => undefined);
  const own = { store, identity, losses, ticket, expiryClock, guard };
  return { ...own, minter, replica, endings, hints, ...read };
}
