/** What small histories leave on a disk: an entry of every kind that is stored. */
import { encodeStored } from '../../../lib/persistence/checksummed.js';
import { commitOperation } from '../../../lib/persistence/commit-group.js';
import {
  PREFIX,
  placeOf,
  type RecordKey,
  rangeOf,
  recordKey,
} from '../../../lib/persistence/keyspace.js';
import { NOTHING_SEEN, withMinted } from '../../../lib/versioning/context.js';
import { NO_SIBLINGS } from '../../../lib/versioning/siblings.js';
import { LocalCluster } from '../local-cluster.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';
import { singleParts } from './single-parts.js';

const EVERYTHING = { from: '', before: '\u{10ffff}', limit: 10_000 };
const COMMIT_KEY = 'm/commit';
const AUDIT = {
  ...{ at: 1_700_000_000_000, strategy: 'max', by: 'n1', kept: 'n1.1.000000000000.1' },
  dropped: [
    {
      ...{ version: 'n2.1.000000000000.1', contentType: 'text/plain', bytes: 1, writtenAt: 7 },
      value: Uint8Array.of(1),
    },
  ],
};

/** By the key under which it lies. */
export async function storedBytes(): Promise<Map<string, Uint8Array>> {
  const parts = [
    ...(await singleParts()),
    ...(await ofConflict()),
    ...(await ofReplica()),
    ...(await ofMember()),
  ];
  const bytes = new Map(parts);
  // How many batches a history takes is no format.
  bytes.delete(COMMIT_KEY);
  const commit = commitOperation(7);
  if (commit.type === 'put') bytes.set(commit.key, commit.value);
  bytes.set('any value', encodeStored('any value', ['text', 1, -1, 0.5, true, null, [2 ** 40]]));
  return bytes;
}

async function ofReplica(): Promise<(readonly [string, Uint8Array])[]> {
  const disk = await openDisk({ digestLogEntriesMax: 2 });
  disk.versions.follow(() => ({ count: 2, seconds: 0 }));
  const at = (key: string) => recordKey('default', key, PARTITIONS);
  const mint = async (key: string, intent = intentOf('value')): Promise<Uint8Array> => {
    const { value, committed } = disk.replica.mint(at(key), intent, 'sync', nothingElse);
    await committed;
    return value.bytes;
  };
  const value = { ...intentOf('value').change, ttlSeconds: 60 };
  await mint('a');
  const bytes = await mint('a', intentOf('another'));
  await mint('ends', intentOf('', { change: value }));
  await mint('deleted');
  await mint('deleted', intentOf('', { change: { state: 'tombstone' } }));
  await mint('caused', { ...intentOf('value'), past: Uint8Array.of(1, 2, 3) });
  await disk.hints.hold('n3', at('a'), bytes, 'sync').committed;
  await disk.audits.add(at('a'), AUDIT, 'sync').committed;
  await propose(disk, at('a'));
  const gaps = [3, 4, 5, 9].map((n) => ({ writer: 'n9.1.0123456789ab', n }));
  disk.clocks.noteVoid(at('ends').partition, gaps);
  await disk.clocks.persist();
  disk.health.damage(at('b').partition, 'an example');
  await disk.health.recordDamage();
  return disk.storage.range(EVERYTHING);
}

/** On a disk of its own: the numbers of the other history stay as they are. */
async function ofConflict(): Promise<(readonly [string, Uint8Array])[]> {
  const { replica, storage } = await openDisk();
  const at = recordKey('default', 'apart', PARTITIONS);
  for (const text of ['one', 'two']) {
    const apart = { ...intentOf(text), seen: NOTHING_SEEN };
    await replica.mint(at, apart, 'sync', nothingElse).committed;
  }
  return storage.range({ ...rangeOf(PREFIX.conflict), limit: 10 });
}

/** A promise, an acceptance, and a mark of a proposal before. */
async function propose({ acceptor, replica }: Disk, at: RecordKey): Promise<void> {
  const base = replica.read(at)?.siblings ?? NO_SIBLINGS;
  const ballot = { round: 7, node: 'n2', start: 3 };
  const key = placeOf(at);
  const id = { ballot, seq: 1 };
  await acceptor.handle(at.partition, { is: 'learn', key, id, state: base, isSettled: false });
  const dot = { writer: 'n2.3.0123456789ab', n: 4 };
  const state = { ...base, context: withMinted(base.context, dot), versions: [] };
  const proposal = { key, id: { ballot, seq: 2 }, dot, state, base: [], above: undefined };
  await acceptor.handle(at.partition, { is: 'accept', proposal, start: 1 });
}

async function ofMember(): Promise<(readonly [string, Uint8Array])[]> {
  const cluster = await LocalCluster.of({ nodes: 1, replicas: 1 });
  const change = { dryRun: false, by: 'an example', ifMatch: undefined };
  const { settings } = cluster.node('n1');
  await cluster.wait(settings.change({ default_level: 'one' }, change));
  const storage = cluster.disks.get('n1');
  const own = { from: 'm', before: 'n', limit: 100 };
  const entries = (await storage?.range(own)) ?? [];
  await cluster.stop();
  return entries;
}
