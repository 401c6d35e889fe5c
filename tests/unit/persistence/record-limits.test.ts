/** What does not grow is never refused for its size; what comes near a limit is reported. */
import t from 'tap';
import { LargestKeys } from '../../../lib/persistence/largest-keys.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { NOTHING_SEEN, type Seen } from '../../../lib/versioning/context.js';
import { seenIn } from '../../../lib/versioning/siblings.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from './disk.js';
import { CountingObserver } from '../fakes.js';

const at = recordKey('default', 'k', PARTITIONS);
const VALUE = 'a value '.repeat(20);
const DELETE = intentOf('', { change: { state: 'tombstone' } });

const mint = (disk: Disk, text: string, fields = {}) =>
  disk.replica.mint(at, intentOf(text, fields), 'sync', nothingElse).value;

/** A key that was written by so many writers that its context is at the limit. */
async function atLimit(): Promise<Disk> {
  const disk = await openDisk({ contextBytesMax: 100 });
  for (let lives = 0; lives < 10; lives += 1) {
    disk.minter.renewAll();
    try {
      mint(disk, VALUE);
    } catch (error) {
      t.equal((error as { code: string }).code, 'context_too_large');
      return disk;
    }
  }
  throw new Error('the limit was not met');
}

function seenOf(disk: Disk): Seen {
  const state = disk.replica.read(at)?.siblings;
  return state === undefined ? NOTHING_SEEN : seenIn(state);
}

t.test('a key whose context is at its limit', async (t) => {
  const disk = await atLimit();
  const state = disk.replica.read(at)?.siblings;
  const seen = state && seenIn(state);
  t.throws(() => mint(disk, VALUE), { code: 'context_too_large' });
  t.throws(() => mint(disk, `longer ${VALUE}`, { seen }), { code: 'context_too_large' });
  const shorter = mint(disk, '', { seen });
  t.equal(shorter.siblings.versions.length, 1, 'what makes it smaller is taken');
  const again = mint(disk, `longer ${VALUE}`, { seen: shorter.seen });
  t.equal(again.siblings.context.vector.size, seen && seen.vector.size + 1, 'by the same writer');
  disk.minter.renewAll();
  disk.replica.mint(at, DELETE, 'sync', nothingElse);
  t.strictSame(
    disk.replica.read(at)?.siblings.versions.map(({ state }) => state),
    ['tombstone'],
  );
});

t.test('a key that was handed out as large as it is', async (t) => {
  const large = seenOf(await atLimit());
  // Another replica, which has never heard of the key.
  const disk = await openDisk({ node: 'n2', contextBytesMax: 50 });
  disk.replica.mint(at, { ...DELETE, seen: large }, 'sync', nothingElse);
  const stub = seenOf(disk);
  t.ok(stub.vector.size > large.vector.size);
  mint(disk, 'x', { seen: stub });
});

t.test('siblings at the limit of a record: what makes them fewer is taken', async (t) => {
  const disk = await openDisk({ recordBytesMax: 1_000 });
  const add = () => mint(disk, 'x'.repeat(300), { seen: NOTHING_SEEN });
  add();
  add();
  t.throws(add, { code: 'record_too_large' });
  disk.replica.mint(at, { ...DELETE, seen: NOTHING_SEEN }, 'sync', nothingElse);
  t.equal(disk.replica.read(at)?.siblings.versions.length, 3, 'a delete that has seen nothing');
  const forEver = () => {
    for (let i = 0; i < 100; i += 1) {
      disk.replica.mint(at, { ...DELETE, seen: NOTHING_SEEN }, 'sync', nothingElse);
    }
  };
  t.throws(forEver, { code: 'record_too_large' }, 'but not for ever');
  mint(disk, 'y'.repeat(900));
  t.equal(disk.replica.read(at)?.siblings.versions.length, 1);
});

t.test('a stand-in refuses no delete either', async (t) => {
  const large = seenOf(await atLimit());
  const disk = await openDisk({ node: 'n9', contextBytesMax: 50 });
  const { value } = disk.hints.mint(at, ['n1'], { ...DELETE, seen: large }, 'sync');
  t.equal(value.siblings.versions.length, 1);
});

t.test('the largest are known, in bounded room, and reported once', (t) => {
  const observer = new CountingObserver();
  const largest = new LargestKeys({ contextBytesMax: 1_000, recordBytesMax: 1_000 }, observer);
  const siblings = (writers: number) => ({
    epoch: 1,
    context: {
      vector: new Map(Array.from({ length: writers }, (_, i) => [`n1.${i}.0123456789ab`, 1])),
      beyond: [],
    },
    versions: [],
  });
  const key = (n: number) => recordKey('default', `${'long '.repeat(40)}${n}`, PARTITIONS);
  for (let n = 1; n <= 200; n += 1) largest.note(key(n), siblings(n % 20), 0);
  t.strictSame(largest.alarming, []);
  for (let again = 0; again < 3; again += 1) largest.note(key(7), siblings(30 + again), 0);
  const [one, ...others] = largest.alarming;
  t.strictSame(others, []);
  t.equal(one?.entries, 32);
  t.ok(one && one.key.length <= 64 && one.bytes > 500);
  const reported = observer.events.filter((event) => event.includes('near a limit'));
  t.equal(reported.length, 1);
  largest.note(key(7), siblings(1), 0);
  t.strictSame(largest.alarming, []);
  for (let n = 1; n <= 200; n += 1) largest.note(key(n), siblings(40), 0);
  t.ok(largest.alarming.length <= 16);
  for (let n = 1; n <= 200; n += 1) largest.forget(key(n));
  t.strictSame(largest.alarming, []);
  t.end();
});
