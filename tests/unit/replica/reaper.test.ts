/** The reaper: what has ended becomes a stub, by the index alone, a few at a time. */
import t from 'tap';
import { Reaper } from '../../../lib/replica/reaper.js';
import { indexKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { ForegroundLoad } from '../../../lib/environment/foreground-load.js';
import type { Range } from '../../../lib/environment/storage.js';
import { expiryClockOf, HeldStorage, SeededRandom } from '../fakes.js';
import { intentOf, nothingElse, openDisk } from '../persistence/disk.js';

const keyOf = (key: string) => recordKey('default', key, 16);

async function reaperOf(reapKeysMax = 1_000) {
  const storage = new HeldStorage();
  const disk = await openDisk({ storage, partitionCount: 16 });
  const ranges: { readonly range: Range; readonly found: number }[] = [];
  const range = storage.range.bind(storage);
  storage.range = async (asked) => {
    const found = await range(asked);
    ranges.push({ range: asked, found: found.length });
    return found;
  };
  let sane = true;
  const reaper = new Reaper({
    ...disk,
    random: new SeededRandom(1),
    foreground: new ForegroundLoad(),
    expiryClock: expiryClockOf(disk.clock, () => sane),
    limits: { reapIntervalMilliseconds: 1_000, reapKeysMax },
  });
  return {
    ...{ ...disk, storage, reaper, ranges },
    beInsane: (insane: boolean) => {
      sane = !insane;
    },
    /** A turn, with time for its pauses. */
    turn: async () => {
      const turn = reaper.run();
      await disk.clock.advance(100);
      await turn;
    },
    putFor: async (key: string, ttlSeconds: number | undefined) => {
      const value = { state: 'value', contentType: 'a/b', value: Buffer.from(key) } as const;
      const intent = intentOf('', { change: { ...value, ttlSeconds } });
      await disk.replica.mint(keyOf(key), intent, 'sync', nothingElse).committed;
    },
    stateOf: (key: string) => disk.replica.read(keyOf(key))?.siblings.versions[0],
    entries: async () => (await range({ from: 'x', before: 'x~', limit: 10_000 })).length,
  };
}

t.test('what has ended becomes a stub under its own dot, and nothing else does', async (t) => {
  const world = await reaperOf();
  await world.putFor('soon', 1);
  await world.putFor('later', 10);
  await world.putFor('never', undefined);
  const { dot } = world.stateOf('soon') ?? {};
  await world.clock.advance(999);
  await world.turn();
  t.match(world.stateOf('soon'), { state: 'value' }, 'not a millisecond early');
  await world.clock.advance(1);
  await world.turn();
  t.match(world.stateOf('soon'), { state: 'stub', dot, contentType: '', value: { length: 0 } });
  for (const key of ['later', 'never']) t.match(world.stateOf(key), { state: 'value' }, key);
  t.equal(await world.entries(), 1);
  const fingerprint = world.replica.read(keyOf('soon'))?.fingerprint;
  await world.turn();
  t.equal(world.replica.read(keyOf('soon'))?.fingerprint, fingerprint, 'once is enough');
});

t.test('the work is that of what ends: no record is read that does not', async (t) => {
  const world = await reaperOf();
  for (let i = 0; i < 500; i += 1) await world.putFor(`later ${i}`, 1_000);
  for (let i = 0; i < 5; i += 1) await world.putFor(`soon ${i}`, 1);
  await world.clock.advance(1_000);
  world.ranges.length = 0;
  const get = world.storage.get.bind(world.storage);
  let reads = 0;
  world.storage.get = (key) => {
    if (key.startsWith('r')) reads += 1;
    return get(key);
  };
  await world.turn();
  t.strictSame(
    world.ranges.map(({ found }) => found),
    [5],
  );
  t.ok(reads <= 10, `${reads}`);
  for (let i = 0; i < 20; i += 1) await world.turn();
  t.ok(
    world.ranges.every(({ range }) => range.before < 'x~'),
    'only up to now',
  );
  t.ok(reads <= 10, 'and later turns have nothing to do');
});

t.test('a turn is bounded, and goes on where the last one stopped', async (t) => {
  const world = await reaperOf(100);
  for (let i = 0; i < 250; i += 1) await world.putFor(`k${i}`, 1);
  await world.clock.advance(2_000);
  for (const left of [150, 50, 0, 0]) {
    const first = world.ranges.length;
    await world.turn();
    t.equal(await world.entries(), left);
    const limits = world.ranges.slice(first).map(({ range }) => range.limit);
    t.ok(Math.max(...limits) <= 32, 'a page is a few keys');
    t.ok(limits.reduce((a, b) => a + b, 0) <= 100);
  }
  const froms = world.ranges.map(({ range }) => range.from);
  t.equal(new Set(froms).size, froms.length, 'it does not step over the same again');
  // What comes late with an end long ago is found by the look from the beginning.
  await world.putFor('late', 1);
  await world.clock.advance(61_000);
  await world.turn();
  t.equal(await world.entries(), 0);
});

t.test('a clock that is not sane judges nothing, and one that is set back waits', async (t) => {
  const world = await reaperOf();
  await world.putFor('k', 1);
  await world.clock.advance(5_000);
  world.beInsane(true);
  await world.turn();
  t.match(world.stateOf('k'), { state: 'value' });
  world.beInsane(false);
  await world.turn();
  t.match(world.stateOf('k'), { state: 'stub' });
});

t.test(
  'a damaged record is noticed, an orphaned entry goes, and neither keeps others',
  async (t) => {
    const world = await reaperOf();
    await world.putFor('damaged', 1);
    await world.putFor('fine', 1);
    const orphan = indexKey('expiring', 1, keyOf('gone'));
    const at = keyOf('damaged');
    world.table.forgetCached(at);
    await world.storage.write(
      [
        { type: 'put', key: at.storageKey, value: Buffer.from('rot') },
        { type: 'put', key: orphan, value: new Uint8Array(0) },
      ],
      { sync: true },
    );
    await world.clock.advance(5_000);
    await world.turn();
    t.match(world.stateOf('fine'), { state: 'stub' });
    t.ok(world.health.isRebuilding(at.partition));
    t.equal(world.storage.get(orphan), undefined);
  },
);

t.test('a disk that takes nothing now is left alone until the next turn', async (t) => {
  const world = await reaperOf();
  for (const key of ['a', 'b', 'c']) await world.putFor(key, 1);
  await world.clock.advance(5_000);
  const { endings } = world;
  const expire = endings.expire.bind(endings);
  let asked = 0;
  endings.expire = (at, now) => {
    asked += 1;
    return expire(at, now);
  };
  world.storage.held = true;
  const lost = world.store.transact((transaction) => transaction.put('z', new Uint8Array(1)));
  await world.storage.fail();
  await t.rejects(lost.committed, { code: 'storage_failed' });
  await world.turn();
  t.equal(asked, 1);
  t.match(world.stateOf('a'), { state: 'value' });
});
