/** The index of keys in order: complete, in UTF-8 order, and written when existence changes. */
import fc from 'fast-check';
import t from 'tap';
import { compareUtf8 } from '../../../lib/encoding/utf8-order.js';
import {
  allWritten,
  keyEntry,
  keyOfEntry,
  keyPage,
  recordOfEntry,
} from '../../../lib/persistence/key-index.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from './disk.js';

const anyKey = fc
  .array(
    fc.constantFrom('a', 'b', '\u0000', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => parts.join(''));
const at = (key: string, namespace = 'default') => recordKey(namespace, key, PARTITIONS);
const TOMBSTONE = { change: { state: 'tombstone' } } as const;

function write(disk: Disk, key: string, namespace?: string): void {
  disk.replica.mint(at(key, namespace), intentOf('x'), 'sync', nothingElse);
}

/** What is listed, page by page. */
async function listed(disk: Disk, prefix: string, limit: number, namespace = 'default') {
  const keys: string[] = [];
  let after = '';
  for (;;) {
    const page = await keyPage(disk.store, { namespace, prefix, after }, limit);
    for (const { key } of page) keys.push(key);
    after = page.at(-1)?.key ?? '';
    if (page.length < limit) return keys;
  }
}

t.test('pages of any size hold the keys of a prefix, each once, in UTF-8 order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(anyKey, { maxLength: 12 }),
      fc.uniqueArray(anyKey, { maxLength: 3 }),
      fc.oneof(fc.constant(''), anyKey),
      fc.integer({ min: 1, max: 4 }),
      async (keys, others, prefix, limit) => {
        const disk = await openDisk();
        for (const key of keys) write(disk, key);
        for (const key of others) write(disk, key, 'defaults');
        await disk.store.sync();
        const expected = keys.filter((key) => key.startsWith(prefix)).sort(compareUtf8);
        const found = await listed(disk, prefix, limit);
        const elsewhere = await listed(disk, '', limit, 'defaults');
        return (
          JSON.stringify(found) === JSON.stringify(expected) &&
          JSON.stringify(elsewhere) === JSON.stringify([...others].sort(compareUtf8))
        );
      },
    ),
    { numRuns: 300 },
  );
});

t.test('an entry names its key', async () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      const entry = keyEntry(at(key, 'shop'));
      const { namespace, key: same } = keyOfEntry(entry);
      const record = recordOfEntry(entry, PARTITIONS);
      return (
        namespace === 'shop' && same === key && record.storageKey === at(key, 'shop').storageKey
      );
    }),
  );
});

t.test('an entry is written when a key comes, goes, or is plain no more', async (t) => {
  const disk = await openDisk();
  const entry = keyEntry(at('k'));
  let writes = 0;
  const reported = disk.storage.write.bind(disk.storage);
  disk.storage.write = (batch, options) => {
    writes += batch.filter(({ key }) => key === entry).length;
    return reported(batch, options);
  };
  const mint = async (intent = intentOf('x')): Promise<void> => {
    await disk.replica.mint(at('k'), intent, 'sync', nothingElse).committed;
  };
  const plain = async (): Promise<boolean | undefined> => {
    const [first] = await keyPage(disk.store, { namespace: 'default', prefix: 'k', after: '' }, 1);
    return first?.isPlain;
  };
  await mint();
  t.equal(await plain(), true);
  t.equal(writes, 1);
  for (let i = 0; i < 3; i += 1) await mint();
  t.equal(writes, 1, 'nothing for values that follow values');
  await mint(intentOf('', TOMBSTONE));
  t.equal(await plain(), false);
  t.equal(writes, 2);
  await mint(intentOf('', TOMBSTONE));
  t.equal(writes, 2);
  const fingerprint = disk.replica.read(at('k'))?.fingerprint ?? '';
  await disk.endings.collect(at('k'), fingerprint).committed;
  t.equal(await plain(), undefined);
  t.equal(writes, 3);
  const ends = { ...intentOf('x').change, ttlSeconds: 60 } as never;
  await mint(intentOf('x', { change: ends }));
  t.equal(await plain(), false, 'the clock decides');
});

t.test('what was decided is listed, before it is synced', async (t) => {
  const disk = await openDisk();
  disk.replica.mint(at('k'), intentOf('x'), 'memory', nothingElse);
  t.strictSame(await listed(disk, '', 10), [], 'the storage has not got it yet');
  await allWritten(disk.store);
  t.strictSame(await listed(disk, '', 10), ['k']);
  await allWritten(disk.store);
});

t.test('after a crash an entry is there with its record, or neither is', async (t) => {
  const disk = await openDisk();
  write(disk, 'kept');
  await disk.store.sync();
  disk.replica.mint(at('lost'), intentOf('x'), 'memory', nothingElse);
  const again = await openDisk({ storage: disk.storage });
  for (const key of ['kept', 'lost']) {
    const isThere = again.table.read(at(key)) !== undefined;
    t.equal((await listed(again, key, 10)).length === 1, isThere, key);
  }
});
