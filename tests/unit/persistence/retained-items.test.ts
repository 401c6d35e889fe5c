/** What is put aside: bounded in number, bytes and age; found again; damage counts as nothing. */
import fc from 'fast-check';
import t from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import { Audits } from '../../../lib/persistence/audits.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { RetainedItems, type RetainedLimits } from '../../../lib/persistence/retained-items.js';
import { Store } from '../../../lib/persistence/store.js';
import { KeptVersions } from '../../../lib/persistence/versions.js';
import { type AuditEntry, mergeEntries } from '../../../lib/resolution/audit-entry.js';
import { EMPTY_CONTEXT } from '../../../lib/versioning/context.js';
import { dotText } from '../../../lib/versioning/dot.js';
import { type Siblings, type Version, write } from '../../../lib/versioning/siblings.js';
import { CountingObserver, expiryClockOf, HeldStorage, ManualClock } from '../fakes.js';

const at = recordKey('default', 'k', 4);
const WIDE: RetainedLimits = { itemsMax: 100, bytesMax: 1e9, ageMillisecondsMax: 1e12 };

function open(storage = new HeldStorage()) {
  const [observer, clock] = [new CountingObserver(), new ManualClock()];
  const store = new Store({ storage, observer, queueBytesMax: 1e9 });
  return { storage, observer, clock, store, expiryClock: expiryClockOf(clock) };
}

function retainedOf(world: ReturnType<typeof open>, limits: () => RetainedLimits): RetainedItems {
  return new RetainedItems({ ...world, name: 'test', lists: 'b', items: 'a', limits });
}

async function keysOf(storage: HeldStorage): Promise<string[]> {
  const entries = await storage.range({ from: 'a', before: 'c', limit: 1e6 });
  return entries.map(([key]) => key);
}

t.test('the latest that fit are there, and nothing else is on the disk', async () => {
  const anyItem = fc.record({ id: fc.nat(30), size: fc.nat(60), wait: fc.nat(50) });
  const anyLimits = fc.record({
    itemsMax: fc.integer({ min: 1, max: 6 }),
    bytesMax: fc.integer({ min: 0, max: 300 }),
    ageMillisecondsMax: fc.integer({ min: 0, max: 150 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyItem, { maxLength: 12 }), anyLimits, async (items, limits) => {
      const world = open();
      const retained = retainedOf(world, () => limits);
      for (const { id, size, wait } of items) {
        await world.clock.advance(wait);
        const item = Buffer.alloc(size, id);
        await world.store.transact((tx) => retained.add(tx, at, `${id}`, item, size)).committed;
      }
      const rows = retained.rows(at);
      const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
      const now = world.clock.wallMilliseconds();
      const keys = await keysOf(world.storage);
      const unique = new Set(rows.map(({ id }) => id)).size;
      const whole = rows.every((row) => {
        const item = retained.item(at, row) as Uint8Array | undefined;
        return item?.length === row.about && (item?.[0] ?? Number(row.id)) === Number(row.id);
      });
      await world.clock.advance(1_000);
      await retained.sweep();
      const swept = await keysOf(world.storage);
      return (
        rows.length <= limits.itemsMax &&
        unique === rows.length &&
        bytes <= limits.bytesMax &&
        rows.every((row) => now - row.at <= limits.ageMillisecondsMax) &&
        keys.length >= rows.length &&
        whole &&
        swept.length === 0
      );
    }),
    { numRuns: 500 },
  );
});

t.test('closed, it takes nothing, and the sweep empties it, a page at a time', async (t) => {
  const world = open();
  let limits = WIDE;
  const retained = retainedOf(world, () => limits);
  const keys = Array.from({ length: 100 }, (_, i) => recordKey('default', `k${i}`, 4));
  await world.store.transact((tx) => {
    for (const key of keys) retained.add(tx, key, 'x', 1, null);
  }).committed;
  t.equal((await keysOf(world.storage)).length, 200);
  await retained.sweep();
  await retained.sweep();
  t.equal((await keysOf(world.storage)).length, 200, 'what is within the limits stays');
  limits = { ...WIDE, itemsMax: 0 };
  await world.store.transact((tx) => retained.add(tx, at, 'y', 1, null)).committed;
  t.strictSame(retained.rows(at), []);
  await retained.sweep();
  t.equal((await keysOf(world.storage)).length, 200 - 2 * 64, 'work is bounded');
  await retained.sweep();
  t.strictSame(await keysOf(world.storage), []);
});

t.test('one that is too large takes no room from those before it', async (t) => {
  const world = open();
  const retained = retainedOf(world, () => ({ ...WIDE, itemsMax: 3, bytesMax: 300 }));
  for (const [id, size] of Object.entries({ a: 10, b: 20, large: 1_000, c: 30 })) {
    await world.store.transact((tx) => retained.add(tx, at, id, Buffer.alloc(size), 0)).committed;
  }
  t.strictSame(
    retained.rows(at).map(({ id }) => id),
    ['a', 'b', 'c'],
  );
  t.equal((await keysOf(world.storage)).length, 4, 'it lies nowhere');
});

t.test('it is durable with its transaction, and damage counts as nothing', async (t) => {
  const world = open();
  const retained = retainedOf(world, () => WIDE);
  await world.store.transact((tx) => {
    for (const id of ['a', 'b']) retained.add(tx, at, id, id, null);
  }).committed;
  const again = open(await world.storage.afterCrash());
  const found = retainedOf(again, () => WIDE);
  const [a, b] = found.rows(at);
  t.strictSame(
    [a, b].map((row) => row && found.item(at, row)),
    ['a', 'b'],
  );
  const flip = async (key: string | undefined): Promise<void> => {
    const value = again.storage.get(key ?? '')?.with(9, 0xff) ?? Buffer.alloc(0);
    await again.storage.write([{ type: 'put', key: key ?? '', value }], { sync: true });
  };
  const [first, , list] = await keysOf(again.storage);
  await flip(first);
  t.equal(a && found.item(at, a), undefined);
  await flip(list);
  t.strictSame(found.rows(at), []);
  t.equal(again.observer.counts.get('quorate_corrupt_records_total'), 2);
  await again.store.transact((tx) => found.add(tx, at, 'c', 'c', null)).committed;
  t.equal(found.rows(at).length, 1);
});

const writer = 'a.1.0123456789ab';
function version(n: number, fields: Partial<Version> = {}): Version {
  return {
    dot: { writer, n },
    state: 'value',
    contentType: 'text/plain',
    value: Buffer.from(`v${n}`),
    writtenAt: n,
    expiresAt: undefined,
    ...fields,
  };
}

t.test('ages are judged by a sane clock alone, and the future is of no known age', async (t) => {
  const world = open();
  let [isSane, ahead] = [true, 0];
  const time = { wallMilliseconds: () => world.clock.wallMilliseconds() + ahead };
  const expiryClock = expiryClockOf(time, () => isSane);
  const retained = retainedOf({ ...world, expiryClock }, () => ({
    ...WIDE,
    ageMillisecondsMax: 60_000,
  }));
  const add = async (id: string): Promise<void> => {
    await world.store.transact((tx) => retained.add(tx, at, id, id, null)).committed;
  };
  const ids = (): string[] => retained.rows(at).map(({ id }) => id);
  await add('a');
  [isSane, ahead] = [false, 3_600_000];
  await retained.sweep();
  t.strictSame(ids(), ['a'], 'by a wrong clock it would be too old');
  await add('b');
  t.strictSame(ids(), ['a', 'b']);
  [isSane, ahead] = [true, 0];
  t.strictSame(ids(), ['a'], 'nobody knows how old the other is');
  await retained.sweep();
  t.equal((await keysOf(world.storage)).length, 2, 'a list and an item');
});

t.test('versions are kept when they are superseded, by a value or a tombstone', async (t) => {
  const world = open();
  let count = 2;
  const versions = new KeptVersions({ ...world, versionsBytesMax: 1e9 });
  versions.follow(() => ({ count, seconds: 0 }));
  let state: Siblings | undefined;
  const put = async (next: Version, seen = state?.context ?? EMPTY_CONTEXT): Promise<void> => {
    const after = write(state, seen, next, 1);
    await world.store.transact((tx) => versions.keep(tx, at, state, after)).committed;
    state = after;
  };
  const kept = (): string[] => versions.list(at).map((row) => row.version);
  await put(version(1));
  t.strictSame(kept(), []);
  await put(version(2), EMPTY_CONTEXT);
  t.strictSame(kept(), [], 'a sibling supersedes nothing');
  await put(version(3));
  t.strictSame(kept(), [`${writer}.1`, `${writer}.2`]);
  t.strictSame(versions.read(at, `${writer}.2`), {
    ...{ version: `${writer}.2`, contentType: 'text/plain', bytes: 2, writtenAt: 2 },
    value: Uint8Array.from([118, 50]),
  });
  await put(version(4, { state: 'tombstone', value: Buffer.alloc(0) }));
  await put(version(5, { expiresAt: 1 }));
  t.strictSame(kept(), [`${writer}.2`, `${writer}.3`], 'a tombstone is no value');
  await put(version(6));
  t.strictSame(kept(), [`${writer}.2`, `${writer}.3`], 'what has ended is gone for good');
  t.equal(versions.read(at, dotText(version(5).dot)), undefined);
  count = 0;
  await put(version(7));
  await versions.sweep();
  t.strictSame(await world.storage.range({ from: 'v', before: 'x', limit: 9 }), []);
});

t.test('audit entries keep what was dropped, as far as there is room', async (t) => {
  const world = open();
  const limits = { auditBytesMax: 2_000, auditRetentionMilliseconds: 1_000 };
  const reported: string[] = [];
  const conflictTurns = {
    resolvedBy: (name: string, kept: string) => reported.push(`${name} ${kept}`),
  };
  const audits = new Audits({ ...world, ...limits, conflictTurns });
  const dropped = (n: number, size: number) => ({
    ...{ version: `${writer}.${n}`, contentType: 'a/b', bytes: size, writtenAt: n },
    value: new Uint8Array(size),
  });
  const entry = (n: number, ...sizes: number[]): AuditEntry => ({
    ...{ at: n, strategy: 'max', by: 'n1', kept: `${writer}.${n}` },
    dropped: sizes.map((size, i) => dropped(i, size)),
  });
  await audits.add(at, entry(1, 10, 20), 'sync').committed;
  await audits.add(at, entry(1, 10, 20), 'sync').committed;
  t.strictSame(audits.list(at), [entry(1, 10, 20)], 'twice is once');
  t.same(new Set(reported), new Set([`max ${writer}.1`]));
  await audits.add(at, entry(2, 10, 5_000, 700), 'sync').committed;
  const [, second] = audits.list(at);
  t.strictSame(
    second?.dropped.map(({ bytes, value }) => [bytes, value?.length]),
    [
      [10, 10],
      [5_000, undefined],
      [700, 700],
    ],
    'the largest is left out, and reported',
  );
  for (let n = 3; n < 40; n += 1) await audits.add(at, entry(n, 1), 'os').committed;
  t.strictSame(
    audits.list(at).map(({ at: time }) => time),
    Array.from({ length: 16 }, (_, i) => 24 + i),
  );
  await world.clock.advance(1_001);
  t.strictSame(audits.list(at), []);
});

t.test('what several replicas report is shown once, with all values that one has', async (t) => {
  const row = { version: 'v', contentType: 'a/b', bytes: 1, writtenAt: 1 };
  const entry = { at: 5, strategy: 'max', by: 'n1', kept: 'x' };
  const full = { ...entry, dropped: [{ ...row, value: Buffer.from('x') }] };
  const poor = { ...entry, dropped: [{ ...row, value: undefined }] };
  const later = { ...full, at: 6, kept: 'y' };
  for (const lists of [
    [[full], [poor, later]],
    [[poor, later], [full]],
    [[later, full], []],
  ]) {
    t.strictSame(mergeEntries(lists), [later, full]);
  }
});

t.test('a list that cannot be read keeps no write from being stored', async (t) => {
  const world = open();
  const retained = retainedOf(world, () => WIDE);
  await world.store.transact((tx) => retained.add(tx, at, '1', 'x', 0)).committed;
  const get = world.storage.get.bind(world.storage);
  world.storage.get = () => {
    throw new OperatingError('storage_failed', 'a bad block');
  };
  world.store.transact((tx) => retained.add(tx, at, '2', 'x', 0));
  world.store.transact((tx) => retained.forget(tx, at));
  world.storage.get = get;
  await world.store.sync();
  t.strictSame(
    retained.rows(at).map(({ id }) => id),
    ['1'],
  );
});
