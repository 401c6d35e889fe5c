/** What damage has left of kept versions and audits ends, too: nobody finds it by its list. */
import t from 'tap';
import { STORED_FORMAT } from '../../../lib/persistence/checksummed.js';
import { keyEntry } from '../../../lib/persistence/key-index.js';
import { PREFIX, rangeOf, recordKey } from '../../../lib/persistence/keyspace.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from './disk.js';
import { asOfFormat } from './other-format.js';

const at = recordKey('default', 'k', PARTITIONS);
const DELETE = intentOf('', { change: { state: 'tombstone' } });
const HOUR = 3_600_000;
const AUDIT = { at: 1, strategy: 'max', by: 'n1', kept: 'n1.1.000000000000.1', dropped: [] };

async function keysOf({ store, storage }: Disk, prefix: string): Promise<string[]> {
  await store.sync();
  const page = await storage.range({ ...rangeOf(prefix), limit: 1_000 });
  return page.map(([key]) => key);
}

async function countsOf(disk: Disk): Promise<number[]> {
  const prefixes = [PREFIX.versionList, PREFIX.version, PREFIX.auditList, PREFIX.audit];
  return Promise.all(prefixes.map(async (prefix) => (await keysOf(disk, prefix)).length));
}

/** Five values, one after the other, and an entry of the audit. */
async function withFour(texts = ['1', '2', '3', '4', '5']): Promise<Disk> {
  const disk = await openDisk();
  disk.versions.follow(() => ({ count: 10, seconds: 0 }));
  for (const text of texts) disk.replica.mint(at, intentOf(text), 'sync', nothingElse);
  disk.audits.add(at, AUDIT, 'sync');
  await disk.store.sync();
  return disk;
}

async function damage({ storage }: Disk, key: string | undefined): Promise<void> {
  const stored = storage.get(key ?? '') ?? new Uint8Array(20);
  const value = stored.with(9, (stored[9] ?? 0) ^ 1);
  await storage.write([{ type: 'put', key: key ?? '', value }], { sync: true });
}

async function lose({ storage }: Disk, keys: readonly string[]): Promise<void> {
  const batch = keys.map((key) => ({ type: 'delete', key }) as const);
  await storage.write(batch, { sync: true });
}

async function sweep({ versions, audits }: Disk, turns = 1): Promise<void> {
  for (let i = 0; i < turns; i += 1) {
    await versions.sweep();
    await audits.sweep();
  }
}

t.test('lists that rot, and their key is deleted', async (t) => {
  const disk = await withFour();
  t.strictSame(await countsOf(disk), [1, 4, 1, 1]);
  for (const prefix of [PREFIX.versionList, PREFIX.auditList]) {
    await damage(disk, (await keysOf(disk, prefix))[0]);
  }
  disk.replica.mint(at, DELETE, 'sync', nothingElse);
  t.equal(disk.versions.list(at).length, 1, 'a new list is begun');
  await disk.endings.collect(at, disk.replica.read(at)?.fingerprint ?? '').committed;
  t.equal((await countsOf(disk))[1], 4, 'the others are found by nobody');
  await sweep(disk);
  t.strictSame(await countsOf(disk), [0, 0, 0, 0]);
});

t.test('a list that is gone, or rots, while the key lives', async (t) => {
  const disk = await withFour();
  await lose(disk, await keysOf(disk, PREFIX.versionList));
  await damage(disk, (await keysOf(disk, PREFIX.auditList))[0]);
  await disk.replica.mint(at, intentOf('6'), 'sync', nothingElse).committed;
  await sweep(disk);
  t.strictSame(await countsOf(disk), [1, 1, 0, 0], 'what the new list names stays');
  t.equal(disk.versions.list(at).length, 1);
  await sweep(disk, 3);
  t.strictSame(await countsOf(disk), [1, 1, 0, 0]);
});

t.test('a list of another build: what it names is left alone', async (t) => {
  const disk = await withFour();
  const [key = ''] = await keysOf(disk, PREFIX.versionList);
  const value = asOfFormat(key, disk.storage.get(key) ?? new Uint8Array(), STORED_FORMAT + 1);
  await disk.storage.write([{ type: 'put', key, value }], { sync: true });
  await sweep(disk, 3);
  t.strictSame(await countsOf(disk), [1, 4, 1, 1]);
});

t.test('the record is lost, and the other owners have collected it', async (t) => {
  const disk = await withFour();
  await disk.clock.advance(HOUR - 1);
  await lose(disk, [at.storageKey]);
  await disk.clock.advance(2);
  await sweep(disk, 2);
  t.equal(disk.versions.list(at).length, 4, 'the entry of the key says that it is there');
  await lose(disk, [keyEntry(at)]);
  await sweep(disk);
  t.strictSame(await countsOf(disk), [0, 0, 0, 0]);
});

t.test('a record without an entry is there, and may come later than its audit', async (t) => {
  const disk = await withFour();
  await lose(disk, [keyEntry(at)]);
  await disk.clock.advance(HOUR + 1);
  await sweep(disk);
  t.equal(disk.versions.list(at).length, 4);
  const other = recordKey('default', 'not yet', PARTITIONS);
  await disk.audits.add(other, AUDIT, 'sync').committed;
  await disk.clock.advance(HOUR / 4);
  await sweep(disk);
  t.equal(disk.audits.list(other).length, 1);
});

t.test('large items are looked through slowly', async (t) => {
  const texts = ['1', '2', '3', '4', '5'].map((text) => text.repeat(240_000));
  const disk = await withFour(texts);
  const other = recordKey('default', 'another', PARTITIONS);
  for (const text of texts) disk.replica.mint(other, intentOf(text), 'sync', nothingElse);
  await disk.store.sync();
  const ranges: string[] = [];
  const range = disk.storage.range.bind(disk.storage);
  disk.storage.range = (asked) => {
    if (asked.from.startsWith(PREFIX.version)) ranges.push(asked.from);
    return range(asked);
  };
  const turns: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    await disk.versions.sweep();
    turns.push(ranges.length);
  }
  t.strictSame(turns, [1, 1, 2, 2, 3], 'a page of more than a MiB stands for two turns');
});
