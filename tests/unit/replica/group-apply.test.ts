/** Copies that come together, on a disk: one transaction, one answer, and each for itself. */
import fc from 'fast-check';
import t from 'tap';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { encodeRecord } from '../../../lib/persistence/records.js';
import type { CopyOutcome } from '../../../lib/replica/group-answers.js';
import type { ArrivedCopy } from '../../../lib/replica/group-apply.js';
import type { Siblings } from '../../../lib/versioning/siblings.js';
import { stateOf } from '../coordination/transcript.js';
import { HeldStorage, turn } from '../fakes.js';
import { type Disk, intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';
import { anySiblings, plainSiblings } from '../versioning/arbitraries.js';

/** A key whose name begins so, of this partition. */
function keyAt(name: string, partition = 0): RecordKey {
  for (let i = 0; ; i += 1) {
    const at = recordKey('default', `${name}${i}`, PARTITIONS);
    if (at.partition === partition) return at;
  }
}

function copyOf(
  at: RecordKey,
  text: string,
  durability: ArrivedCopy['durability'] = 'sync',
): ArrivedCopy {
  return { at, bytes: encodeRecord(at, stateOf(text) as Siblings), durability };
}

/** The calls of `settle`, as they come: by place, what came of the copy. */
function taking({ replica }: Disk, copies: readonly ArrivedCopy[]): [number, string][][] {
  const calls: [number, string][][] = [];
  replica.take(copies, (outcomes) => {
    calls.push(outcomes.map((outcome) => [outcome.place, textOf(outcome)]));
  });
  return calls;
}

function textOf({ error, fate }: CopyOutcome): string {
  if (error !== undefined) return 'code' in error ? String(error.code) : error.message;
  return fate ?? 'taken';
}

const [K, L, M] = ['k', 'l', 'm'].map((name) => keyAt(name)) as [RecordKey, RecordKey, RecordKey];

t.test('a group is one batch, and is answered at once when that is synced', async (t) => {
  const storage = new HeldStorage();
  const disk = await openDisk({ storage });
  storage.held = true;
  const calls = taking(disk, [copyOf(K, 'x1'), copyOf(L, 'y1'), copyOf(M, 'z1')]);
  await turn();
  t.strictSame(calls, [], 'nothing is acknowledged before its commit');
  t.equal(storage.waiting.length, 1);
  const keys = storage.waiting[0]?.batch.map(({ key }) => key) ?? [];
  for (const { storageKey } of [K, L, M]) t.ok(keys.includes(storageKey), 'whole');
  await storage.release();
  t.strictSame(calls, [
    [
      [0, 'taken'],
      [1, 'taken'],
      [2, 'taken'],
    ],
  ]);
});

t.test('a crash leaves all of a group or nothing', async (t) => {
  const storage = new HeldStorage();
  const disk = await openDisk({ storage });
  storage.held = true;
  taking(disk, [copyOf(K, 'x1'), copyOf(L, 'y1')]);
  await turn();
  const before = await openDisk({ storage: await storage.afterCrash() });
  t.equal(before.replica.read(K), undefined);
  t.equal(before.replica.read(L), undefined);
  await storage.release();
  const after = await openDisk({ storage: await storage.afterCrash() });
  t.ok(after.replica.read(K));
  t.ok(after.replica.read(L));
});

t.test('a copy that is refused fails none of its neighbours', async (t) => {
  const disk = await openDisk();
  await disk.store.sync();
  const damaged = { ...copyOf(L, 'y1'), bytes: copyOf(L, 'y1').bytes.with(20, 0xff) };
  const foreign = { ...copyOf(K, 'y1'), at: M };
  const calls = taking(disk, [copyOf(K, 'x1'), damaged, copyOf(M, 'z1'), foreign]);
  t.strictSame(calls.splice(0).flat(), [
    [1, 'corrupt_bytes'],
    [3, 'corrupt_bytes'],
  ]);
  await turn();
  t.strictSame(calls, [
    [
      [0, 'taken'],
      [2, 'taken'],
    ],
  ]);
  t.equal(disk.observer.counts.get('quorate_corrupt_records_total'), 2);
  t.ok(disk.replica.read(K));
  t.equal(disk.replica.read(L), undefined);
  t.ok(disk.replica.read(M));
});

t.test('each copy is answered what became of it, and not of another', async (t) => {
  const disk = await openDisk();
  const old = disk.replica.mint(L, intentOf('1'), 'sync', nothingElse).value;
  disk.replica.mint(L, intentOf('2'), 'sync', nothingElse);
  for (const text of ['z1', 'z2!']) taking(disk, [copyOf(M, text)]);
  disk.endings.collect(M, 'z.2;');
  const calls = taking(disk, [
    copyOf(K, 'x1'),
    { at: L, bytes: old.bytes, durability: 'sync' },
    copyOf(M, 'z1'),
    copyOf(K, 'x1'),
  ]);
  await turn();
  t.strictSame(
    calls.flat().sort(([a], [b]) => a - b),
    [
      [0, 'taken'],
      [1, 'ended'],
      [2, 'collected'],
      [3, 'taken'],
    ],
  );
});

t.test(
  'copies wait as long as they asked, and those that were there as long as those',
  async (t) => {
    const storage = new HeldStorage();
    const disk = await openDisk({ storage });
    storage.held = true;
    const calls = taking(disk, [
      copyOf(K, 'x1', 'memory'),
      copyOf(L, 'y1', 'sync'),
      copyOf(K, 'x1', 'sync'),
      copyOf(K, 'x1', 'memory'),
    ]);
    t.strictSame(calls, [
      [
        [0, 'taken'],
        [3, 'taken'],
      ],
    ]);
    await turn();
    t.equal(calls.length, 1);
    await storage.release();
    t.strictSame(calls[1], [
      [1, 'taken'],
      [2, 'taken'],
    ]);
    const again = taking(disk, [copyOf(L, 'y1')]);
    t.strictSame(again, [[[0, 'taken']]], 'it is synced already');
  },
);

t.test('a disk that fails refuses the whole group, and the next', async (t) => {
  const storage = new HeldStorage();
  const disk = await openDisk({ storage });
  storage.held = true;
  const calls = taking(disk, [copyOf(K, 'x1'), copyOf(L, 'y1', 'os')]);
  await turn();
  await storage.fail();
  await turn();
  t.strictSame(calls.flat(), [
    [0, 'storage_failed'],
    [1, 'storage_failed'],
  ]);
  t.strictSame(taking(disk, [copyOf(M, 'z1')]), [[[0, 'storage_failed']]]);
});

t.test('a copy that must wait for the owners holds up no other', async (t) => {
  const disk = await openDisk();
  disk.clocks.of(0).add({ writer: 'x', n: 1 });
  let answer: (verdict: 'dropped') => void = () => undefined;
  disk.replica.onUnaccounted(() => {
    return new Promise((resolve) => {
      answer = resolve;
    });
  });
  const calls = taking(disk, [copyOf(K, 'x1'), copyOf(L, 'y1')]);
  await turn();
  t.strictSame(calls, [[[1, 'taken']]]);
  answer('dropped');
  await turn();
  t.strictSame(calls[1], [[0, 'collected']]);
  disk.replica.onUnaccounted(() => Promise.reject(new Error('nobody is there')));
  const unasked = taking(disk, [copyOf(K, 'x1')]);
  await turn();
  t.strictSame(unasked, [[[0, 'nobody is there']]]);
});

t.test('damage that one copy finds counts for its partition, and for no other', async (t) => {
  const storage = new HeldStorage();
  const disk = await openDisk({ storage });
  const bytes = disk.replica.mint(K, intentOf('1'), 'sync', nothingElse).value.bytes.with(30, 0xff);
  await disk.store.sync();
  await storage.write([{ type: 'put', key: K.storageKey, value: bytes }], { sync: true });
  disk.table.forgetCached(K);
  const other = keyAt('other', 1);
  const calls = taking(disk, [copyOf(L, 'y1'), copyOf(K, 'x1'), copyOf(other, 'z1')]);
  await turn();
  t.strictSame(
    calls.flat().sort(([a], [b]) => a - b),
    [
      [0, 'rebuilding'],
      [1, 'rebuilding'],
      [2, 'taken'],
    ],
  );
  t.equal(disk.table.read(K)?.fingerprint, 'x.1;', 'taken, but not vouched for');
  t.ok(disk.clocks.of(0).has({ writer: 'y', n: 1 }), 'the emptied clock has what came since');
});

t.test('a full queue refuses what comes behind, and nothing that was taken', async (t) => {
  const disk = await openDisk();
  disk.storage.held = true;
  const big = intentOf('x'.repeat(900_000));
  for (let i = 0; i < 12; i += 1) {
    disk.replica.mint(keyAt(`${i}`), big, 'sync', nothingElse);
  }
  const calls = taking(disk, [copyOf(K, 'x1')]);
  t.strictSame(calls, [[[0, 'overloaded']]]);
});

t.test('a group leaves what its copies would leave one after the other', async () => {
  const keys = [K, L, keyAt('other', 1)];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), anySiblings), { maxLength: 6 }),
      fc.boolean(),
      async (picked, cached) => {
        const copies = picked.map(([i, state]): ArrivedCopy => {
          // A dot is of one key: so is its writer.
          const at = keys[i] as RecordKey;
          return { at, bytes: encodeRecord(at, ofKey(state, at)), durability: 'os' };
        });
        const options = cached ? {} : { cacheBytesMax: 1 };
        const [together, alone] = [await openDisk(options), await openDisk(options)];
        const reported = taking(together, copies);
        const each = copies.map((copy) => taking(alone, [copy]));
        await Promise.all([together.store.sync(), alone.store.sync()]);
        await turn();
        const fates = each.map((calls, place) => [place, calls[0]?.[0]?.[1]]);
        const inOrder = reported.flat().sort(([a], [b]) => a - b);
        return (
          JSON.stringify(inOrder) === JSON.stringify(fates) &&
          JSON.stringify(plainDisk(together, keys)) === JSON.stringify(plainDisk(alone, keys))
        );
      },
    ),
    { numRuns: 300 },
  );
});

function ofKey(state: Siblings, { key }: RecordKey): Siblings {
  const rename = (writer: string): string => `${key}${writer}`;
  const { vector, beyond } = state.context;
  return {
    ...state,
    context: {
      vector: new Map([...vector].map(([writer, n]) => [rename(writer), n])),
      beyond: beyond.map(({ writer, n }) => ({ writer: rename(writer), n })),
    },
    versions: state.versions.map((version) => ({
      ...version,
      dot: { ...version.dot, writer: rename(version.dot.writer) },
    })),
  };
}

/** Records, clocks and digests, in memory and as they are stored. */
function plainDisk({ replica, clocks, digests, storage }: Disk, keys: readonly RecordKey[]) {
  return keys.map((at) => {
    const record = replica.read(at);
    return [
      record === undefined ? undefined : plainSiblings(record.siblings),
      clocks.of(at.partition).toPlain(),
      [...digests.of(at.partition).numbers],
      Buffer.from(storage.get(at.storageKey) ?? '').toString('hex'),
    ];
  });
}

t.test('a verdict that was asked for before a loss says nothing after it', async (t) => {
  const [peer, disk] = [await openDisk({ node: 'n2', seed: 9 }), await openDisk()];
  const keys = [keyAt('a'), keyAt('b')];
  const copies: Uint8Array[] = [];
  for (const at of keys) {
    const minted = peer.replica.mint(at, intentOf('x'), 'sync', nothingElse);
    await minted.committed;
    copies.push(minted.value.bytes);
    await disk.replica.merge(at, minted.value.bytes, 'sync');
  }
  // Both are lost, and copies of both come.
  for (const at of keys) {
    await disk.storage.write([{ type: 'delete', key: at.storageKey }], { sync: true });
    disk.table.forgetCached(at);
  }
  const answers: ((verdict: 'damaged') => void)[] = [];
  disk.replica.onUnaccounted(
    () =>
      new Promise((resolve) => {
        answers.push(resolve);
      }),
  );
  const merges = keys.map((at, i) => disk.replica.merge(at, copies[i] ?? new Uint8Array(), 'sync'));
  await turn();
  t.equal(answers.length, 2);
  answers[0]?.('damaged');
  await merges[0];
  const generation = disk.clocks.generation(0);
  t.equal(generation, 1);
  answers[1]?.('damaged');
  await merges[1];
  t.equal(disk.clocks.generation(0), generation, 'one loss is one damage');
});
