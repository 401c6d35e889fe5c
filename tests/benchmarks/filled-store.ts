/** A store with many keys, written as a node writes them, without the requests. */
import { EventLog } from '../../lib/environment/event-log.js';
import { openDisk } from '../../lib/disk/disk.js';
import { recordKey } from '../../lib/persistence/keyspace.js';
import { openLevelStorage } from '../../lib/platform/leveldb-storage.js';
import { SystemClock } from '../../lib/platform/system-clock.js';
import { SystemRandom } from '../../lib/platform/system-random.js';

export interface Filling {
  readonly directory: string;
  readonly keys: number;
  readonly valueBytes: number;
  /** Wall milliseconds at which all of them end, if ever. */
  readonly endsAt: number | undefined;
}

const PARTITIONS = 256;
const BATCH = 1000;
const MEBIBYTE = 1024 * 1024;
const SECOND = 1000;

export async function fillStore({ directory, keys, valueBytes, endsAt }: Filling): Promise<void> {
  const storage = await openLevelStorage({
    directory,
    cacheBytes: 16 * MEBIBYTE,
    writeBufferBytes: 16 * MEBIBYTE,
  });
  const clock = new SystemClock();
  const observer = { log: () => undefined, count: () => undefined, measure: () => undefined };
  const { store, clocks, replica } = await openDisk({
    ...{ node: 'n1', clusterName: 'bench', storage, observer, clock },
    ...{ random: new SystemRandom(), events: new EventLog(observer, clock) },
    expiryClock: {
      now: () => (endsAt ?? clock.wallMilliseconds()) - SECOND,
      stamp: () => clock.wallMilliseconds(),
      agreed: () => clock.wallMilliseconds(),
      skewMaxMilliseconds: SECOND,
    },
    partitionCount: () => PARTITIONS,
    limits: {
      contextBytesMax: 8192,
      recordBytesMax: MEBIBYTE,
      storageQueueBytesMax: 256 * MEBIBYTE,
      storageReserveBytes: 0,
      recordCacheBytesMax: MEBIBYTE,
      recentDotsMax: 0,
      auditBytesMax: 0,
      auditRetentionMilliseconds: 0,
      versionsBytesMax: 0,
      pageBytesMax: MEBIBYTE,
      // As a node, which forgets none of so few: each that is forgotten would be another writer.
      mintedKeysMax: 2 * keys + 2,
      digestLogEntriesMax: 4096,
      hintsBytesMax: MEBIBYTE,
      hintsTargetBytesMax: MEBIBYTE,
    },
  });
  const change = {
    state: 'value',
    contentType: 'application/json',
    value: Buffer.from(JSON.stringify('x'.repeat(valueBytes - 2))),
    ttlSeconds: endsAt === undefined ? undefined : 1,
  } as const;
  const intent = { change, seen: undefined, known: undefined, epoch: 1 };
  for (let first = 0; first < keys; first += BATCH) {
    let last = Promise.resolve();
    for (let n = first; n < Math.min(keys, first + BATCH); n += 1) {
      const at = recordKey('default', `key-${n}`, PARTITIONS);
      last = replica.mint(at, intent, 'os', () => undefined).committed;
    }
    await last;
  }
  await clocks.persist();
  await store.close();
}
