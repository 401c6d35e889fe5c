/** A node's persistence as node.ts assembles it, over a disk that can crash. */
import { EventLog } from '../../../lib/environment/event-log.js';
import { decodeStored } from '../../../lib/persistence/checksummed.js';
import { SINGLE_KEYS } from '../../../lib/persistence/keyspace.js';
import { openDisk as openReal } from '../../../lib/disk/disk.js';
import type { Intent } from '../../../lib/replica/intent.js';
import {
  CountingObserver,
  expiryClockOf,
  HeldStorage,
  ManualClock,
  SeededRandom,
} from '../fakes.js';

export const PARTITIONS = 4;
const IDENTITY_KEY = SINGLE_KEYS.node;

export interface DiskOptions {
  readonly node?: string;
  readonly storage?: HeldStorage;
  readonly seed?: number;
  readonly contextBytesMax?: number;
  readonly recordBytesMax?: number;
  readonly hintsBytesMax?: number;
  readonly hintsTargetBytesMax?: number;
  readonly cacheBytesMax?: number;
  readonly mintedKeysMax?: number;
  readonly digestLogEntriesMax?: number;
  readonly partitionCount?: number;
  readonly pageBytesMax?: number;
  /** For negative controls: the starts before are forgotten. */
  readonly forgetsStarts?: boolean;
}

export async function openDisk(options: DiskOptions = {}) {
  const { node = 'n1', storage = new HeldStorage(), seed = 1 } = options;
  const observer = new CountingObserver();
  const clock = new ManualClock();
  const events = new EventLog(observer, clock);
  if (options.forgetsStarts === true) {
    void storage.write([{ type: 'delete', key: IDENTITY_KEY }], { sync: true });
  }
  const identity = storage.get(IDENTITY_KEY);
  const before =
    identity === undefined ? 0 : (decodeStored(IDENTITY_KEY, identity) as [string, number])[1];
  const disk = await openReal({
    ...{ node, clusterName: 'test', storage, clock, observer, events },
    expiryClock: expiryClockOf(clock),
    random: new SeededRandom(seed + 1_000 * before),
    partitionCount: () => options.partitionCount ?? PARTITIONS,
    limits: {
      contextBytesMax: options.contextBytesMax ?? 8_192,
      recordBytesMax: options.recordBytesMax ?? 1_000_000,
      storageQueueBytesMax: 10_000_000,
      storageReserveBytes: 0,
      recordCacheBytesMax: options.cacheBytesMax ?? 1_000_000,
      recentDotsMax: 1_000,
      mintedKeysMax: options.mintedKeysMax ?? 1_000,
      digestLogEntriesMax: options.digestLogEntriesMax ?? 4,
      hintsBytesMax: options.hintsBytesMax ?? 1_000_000,
      hintsTargetBytesMax: options.hintsTargetBytesMax ?? 1_000_000,
      auditBytesMax: 1_000_000,
      auditRetentionMilliseconds: 1_000_000,
      versionsBytesMax: 1_000_000,
      pageBytesMax: options.pageBytesMax ?? 100_000,
    },
  });
  return { ...disk, observer, events, storage, clock };
}

export type Disk = Awaited<ReturnType<typeof openDisk>>;

/** A blind write of a text. */
export function intentOf(text: string, fields: Partial<Intent> = {}): Intent {
  const change = {
    state: 'value',
    contentType: 'text/plain',
    value: Buffer.from(text),
    ttlSeconds: undefined,
  } as const;
  const blind = { seen: undefined, known: undefined, epoch: 1 };
  return { change, ...blind, ...fields };
}

export const nothingElse = (): void => undefined;
