/** Decoded records in memory: as many as there is room for, by what they really take. */
import t from 'tap';
import { encodeRecord } from '../../../lib/persistence/records.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import type { Siblings } from '../../../lib/versioning/siblings.js';
import { HeldStorage } from '../fakes.js';
import { versionUnder } from '../versioning/arbitraries.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from './disk.js';

const KEYS = 20;
/** Room for each of them with one version by one writer, and not for twice as much. */
const ROOM = KEYS * 2_000;

class CountingStorage extends HeldStorage {
  reads = 0;

  override get(key: string): Uint8Array | undefined {
    if (key.startsWith('r')) this.reads += 1;
    return super.get(key);
  }
}

interface Shape {
  readonly versions: number;
  readonly writers: number;
}

/** Numbers run per partition, so that of each key they are others. */
function stateOf({ versions, writers }: Shape, last: number): Siblings {
  const names = Array.from({ length: writers }, (_, i) => `n${i + 1}.1.0123456789ab`);
  const [writer = ''] = names;
  const dots = Array.from({ length: versions }, (_, i) => ({ writer, n: last - versions + i + 1 }));
  return {
    epoch: 1,
    context: { vector: new Map(names.map((name) => [name, last])), beyond: [] },
    versions: dots.map((dot) => versionUnder(dot, 'value')),
  };
}

/** How often the engine is asked while all keys are read three times over. */
async function readsOf(shape: Shape): Promise<number> {
  const storage = new CountingStorage();
  const { replica } = await openDisk({ storage, cacheBytesMax: ROOM });
  const keys = Array.from({ length: KEYS }, (_, i) => recordKey('default', `k${i}`, PARTITIONS));
  for (const [i, at] of keys.entries()) {
    await replica.merge(at, encodeRecord(at, stateOf(shape, 100 * (i + 1))), 'sync');
  }
  storage.reads = 0;
  for (let round = 0; round < 3; round += 1) for (const at of keys) replica.read(at);
  return storage.reads;
}

t.test('what fits is read from memory', async (t) => {
  t.equal(await readsOf({ versions: 1, writers: 1 }), 0);
});

t.test('siblings and the writers of many starts take room of their own', async (t) => {
  t.ok((await readsOf({ versions: 8, writers: 1 })) > KEYS, 'versions');
  t.ok((await readsOf({ versions: 1, writers: 16 })) > KEYS, 'entries of the context');
});

t.test(
  'what was minted here lies beside its record, what came from elsewhere within it',
  async (t) => {
    const text = 'x'.repeat(3_000);
    const cacheBytesMax = KEYS * (2_000 + text.length);
    const source = await openDisk();
    const minting = new CountingStorage();
    const merging = new CountingStorage();
    const minted = await openDisk({ storage: minting, cacheBytesMax });
    const merged = await openDisk({ storage: merging, cacheBytesMax });
    const keys = Array.from({ length: KEYS }, (_, i) => recordKey('default', `k${i}`, PARTITIONS));
    for (const at of keys) {
      const { value } = source.replica.mint(at, intentOf(text), 'sync', nothingElse);
      await merged.replica.merge(at, value.bytes, 'sync');
      await minted.replica.mint(at, intentOf(text), 'sync', nothingElse).committed;
    }
    for (const storage of [minting, merging]) storage.reads = 0;
    for (const at of keys) {
      minted.replica.read(at);
      merged.replica.read(at);
    }
    t.equal(merging.reads, 0, 'all of them fit');
    t.ok(minting.reads > 0, 'with their values twice they do not');
  },
);

t.test('what was made of a record counts with it, and goes with it', async (t) => {
  const storage = new CountingStorage();
  const { replica } = await openDisk({ storage, cacheBytesMax: ROOM });
  const keys = Array.from({ length: KEYS }, (_, i) => recordKey('default', `k${i}`, PARTITIONS));
  for (const at of keys) await replica.mint(at, intentOf('x'), 'sync', nothingElse).committed;
  const [first, second] = keys as [(typeof keys)[0], (typeof keys)[0]];
  const rendering = { memoryBytes: 100, context: 'c' };
  t.equal(replica.read(first)?.isReadAgain(), false, 'much is read but once');
  t.equal(replica.read(first)?.isReadAgain(), true);
  replica.read(first)?.keep(rendering);
  t.equal(replica.read(first)?.rendering, rendering);
  storage.reads = 0;
  for (const at of keys) replica.read(at);
  t.equal(storage.reads, 0, 'a small one leaves room for all');
  const overwritten = replica.read(first);
  await replica.mint(first, intentOf('y'), 'sync', nothingElse).committed;
  t.equal(replica.read(first)?.rendering, undefined, 'another state, and nothing was made of it');
  overwritten?.keep({ memoryBytes: ROOM, context: 'c' });
  t.equal(replica.read(first)?.rendering, undefined, 'who still holds the old one changes nothing');
  for (const at of keys) replica.read(at);
  t.equal(storage.reads, 0);
  replica.read(second)?.keep({ memoryBytes: ROOM - 3_000, context: 'c' });
  t.ok(replica.read(second)?.rendering !== undefined);
  for (const at of keys.toReversed()) replica.read(at);
  t.ok(storage.reads >= KEYS - 3, 'the others had to go');
});
