/** What every storage engine must do, in one suite; see lib/environment/storage.ts. */
import fc from 'fast-check';
import type { Test } from 'tap';
import type { Storage, StorageOperation } from '../../lib/environment/storage.js';
import { OperatingError } from '../../lib/errors.js';

export interface OpenedStorage {
  /** Empty when opened. */
  readonly storage: Storage;
  /** Opens the same place again, after `storage` was closed; absent where nothing survives. */
  readonly reopen?: () => Promise<Storage>;
  /** Cuts the power, and opens the same place again; absent where it cannot be cut. */
  readonly crash?: () => Promise<Storage>;
}

export type OpenStorage = () => Promise<OpenedStorage>;

type Case = (t: Test, open: OpenStorage) => Promise<void>;

const SYNC = { sync: true };
const NO_SYNC = { sync: false };
const EVERYTHING = { from: '', before: '\u{10ffff}\u{10ffff}', limit: 10_000 };

const put = (key: string, text: string): StorageOperation => ({
  type: 'put',
  key,
  value: new TextEncoder().encode(text),
});
const remove = (key: string): StorageOperation => ({ type: 'delete', key });
const textOf = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : new TextDecoder().decode(value);
const byUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

async function contents(storage: Storage): Promise<[string, string | undefined][]> {
  return (await storage.range(EVERYTHING)).map(([key, value]) => [key, textOf(value)]);
}

const putGetDelete: Case = async (t, open) => {
  const { storage } = await open();
  t.equal(storage.get('absent'), undefined);
  await storage.write([put('a', '1'), put('b', '2')], SYNC);
  t.equal(textOf(storage.get('a')), '1');
  await storage.write([remove('a'), remove('absent'), put('b', '3')], NO_SYNC);
  t.equal(storage.get('a'), undefined);
  t.equal(textOf(storage.get('b')), '3');
  await storage.close();
};

const laterOperationsWin: Case = async (t, open) => {
  const { storage } = await open();
  await storage.write(
    [put('a', '1'), remove('a'), put('a', '2'), put('b', '1'), remove('b')],
    SYNC,
  );
  t.strictSame(await contents(storage), [['a', '2']]);
  await storage.write([], SYNC);
  await storage.write([], NO_SYNC);
  t.strictSame(await contents(storage), [['a', '2']], 'an empty batch changes nothing');
  await storage.close();
};

const utf8Order: Case = async (t, open) => {
  const { storage } = await open();
  const keys = [
    '',
    '\u0000',
    'a',
    'a\u0000',
    'aa',
    'b',
    'é',
    '\u07ff',
    '\ud7ff',
    '\ue000',
    '\uffff',
  ];
  keys.push('\u{10000}', '\u{1f600}', '\u{10ffff}', 'k'.repeat(4_096), `${'k'.repeat(4_096)}a`);
  await storage.write(
    keys.toReversed().map((key) => put(key, key)),
    SYNC,
  );
  t.strictSame(
    (await storage.range(EVERYTHING)).map(([key]) => key),
    keys.toSorted(byUtf8),
  );
  for (const key of keys) t.equal(textOf(storage.get(key)), key);
  t.strictSame(
    (await storage.range({ from: '\ue000', before: '\u{1f600}', limit: 10 })).map(([key]) => key),
    ['\ue000', '\uffff', '\u{10000}'],
    'bounds follow the same order',
  );
  await storage.close();
};

const rangeBounds: Case = async (t, open) => {
  const { storage } = await open();
  const keys = Array.from({ length: 2_500 }, (_, index) => `k${String(index).padStart(5, '0')}`);
  await storage.write(
    keys.map((key) => put(key, key)),
    NO_SYNC,
  );
  const keysOf = async (from: string, before: string, limit: number): Promise<string[]> =>
    (await storage.range({ from, before, limit })).map(([key]) => key);
  t.strictSame(await keysOf('k00010', 'k00013', 100), ['k00010', 'k00011', 'k00012']);
  t.strictSame(await keysOf('k000105', 'k000125', 100), ['k00011', 'k00012'], 'absent bounds');
  t.strictSame(await keysOf('k', 'l', 2), ['k00000', 'k00001'], 'limit');
  t.strictSame(await keysOf('k', 'l', 5_000), keys, 'more than a page inside the engine');
  t.strictSame(await keysOf('k', 'l', 0), []);
  t.strictSame(await keysOf('k00010', 'k00010', 10), []);
  t.strictSame(await keysOf('k00011', 'k00010', 10), [], 'upside down');
  t.strictSame(await keysOf('x', 'z', 10), []);
  await storage.close();
};

const valuesAreNotShared: Case = async (t, open) => {
  const { storage } = await open();
  const value = new Uint8Array([1, 2, 3]);
  await storage.write([{ type: 'put', key: 'a', value }], SYNC);
  value[0] = 99;
  const read = storage.get('a');
  t.strictSame([...(read ?? [])], [1, 2, 3], 'what was handed over');
  read?.fill(99);
  t.strictSame([...(storage.get('a') ?? [])], [1, 2, 3], 'what was handed out');
  (await storage.range(EVERYTHING))[0]?.[1].fill(99);
  t.strictSame([...(storage.get('a') ?? [])], [1, 2, 3], 'what a range handed out');
  await storage.close();
};

const valuesOfAllSizes: Case = async (t, open) => {
  const { storage } = await open();
  const large = Buffer.alloc(1_048_576, 'quorate');
  const view = large.subarray(5, 12);
  await storage.write(
    [
      { type: 'put', key: 'empty', value: new Uint8Array(0) },
      { type: 'put', key: 'large', value: large },
      { type: 'put', key: 'view', value: view },
    ],
    SYNC,
  );
  t.equal(storage.get('empty')?.byteLength, 0, 'empty is not absent');
  t.ok(large.equals(storage.get('large') ?? new Uint8Array()));
  t.equal(textOf(storage.get('view')), view.toString());
  t.strictSame(
    (await storage.range(EVERYTHING)).map(([key, bytes]) => [key, bytes.byteLength]),
    [
      ['empty', 0],
      ['large', 1_048_576],
      ['view', 7],
    ],
  );
  await storage.close();
};

const orderOfConcurrentWrites: Case = async (t, open) => {
  const { storage } = await open();
  const resolved: number[] = [];
  const writes = Array.from({ length: 200 }, async (_, index) => {
    const operations = [put('last', String(index)), put(`k${String(index)}`, '')];
    if (index > 0) operations.push(remove(`k${String(index - 1)}`));
    await storage.write(operations, { sync: index % 50 === 0 });
    resolved.push(index);
  });
  await Promise.all(writes);
  t.strictSame(await contents(storage), [
    ['k199', ''],
    ['last', '199'],
  ]);
  t.strictSame(
    resolved,
    resolved.toSorted((a, b) => a - b),
    'they resolve in order too',
  );
  await storage.close();
};

const batchesAreAtomicToReaders: Case = async (t, open) => {
  const { storage } = await open();
  const width = 50;
  let writing = true;
  const writer = (async () => {
    for (let round = 0; round < 30; round += 1) {
      const operations = Array.from({ length: width }, (_, index) =>
        put(`k${String(index)}`, String(round)),
      );
      await storage.write(operations, NO_SYNC);
    }
    writing = false;
  })();
  let torn = 0;
  let seen = 0;
  while (writing) {
    const values = new Set((await storage.range(EVERYTHING)).map(([, value]) => textOf(value)));
    if (values.size > 1) torn += 1;
    seen += 1;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  await writer;
  t.ok(seen > 0);
  t.equal(torn, 0, 'a range sees all of a batch, or nothing of it');
  await storage.close();
};

const compactingChangesNothing: Case = async (t, open) => {
  const { storage } = await open();
  await storage.write([put('a', '1'), put('b', '2'), put('c', '3')], SYNC);
  await storage.write([remove('b')], NO_SYNC);
  const [, after] = await Promise.all([
    storage.compact(),
    storage.write([put('d', '4')], NO_SYNC),
    storage.range(EVERYTHING),
  ]);
  t.equal(after, undefined);
  t.strictSame(await contents(storage), [
    ['a', '1'],
    ['c', '3'],
    ['d', '4'],
  ]);
  await storage.close();
  await t.rejects(storage.compact(), { code: 'storage_failed' });
};

const closedMeansClosed: Case = async (t, open) => {
  const { storage } = await open();
  const last = storage.write([put('a', '1')], NO_SYNC);
  const closing = storage.close();
  await t.resolves(last, 'a write given before the close is carried out');
  await closing;
  await t.resolves(storage.close(), 'closing again is harmless');
  const failed = { code: 'storage_failed' };
  t.throws(() => storage.get('a'), failed);
  await t.rejects(storage.write([put('a', '2')], SYNC), failed);
  await t.rejects(storage.range(EVERYTHING), failed);
  await t.rejects(storage.write([], SYNC), OperatingError);
};

const survivesReopening: Case = async (t, open) => {
  const { storage, reopen } = await open();
  if (reopen === undefined) {
    await storage.close();
    t.pass('nothing of this engine survives');
    return;
  }
  await storage.write([put('a', '1'), put('b', '1')], NO_SYNC);
  await storage.write([remove('b'), put('c', '\u{1f600}')], SYNC);
  await storage.close();
  const again = await reopen();
  t.strictSame(await contents(again), [
    ['a', '1'],
    ['c', '\u{1f600}'],
  ]);
  await again.close();
};

/** Any history of batches leaves what a sorted map would hold. */
const behavesAsSortedMap: Case = async (t, open) => {
  const { storage } = await open();
  const key = fc.string({ unit: 'binary', maxLength: 3 });
  const operation = fc.oneof(
    fc.record({ type: fc.constant('put' as const), key, value: fc.uint8Array({ maxLength: 9 }) }),
    fc.record({ type: fc.constant('delete' as const), key }),
  );
  const range = fc.record({ from: key, before: key, limit: fc.nat({ max: 20 }) });
  const model = new Map<string, Uint8Array>();
  const steps = fc.tuple(fc.array(operation, { maxLength: 20 }), range);
  await fc.assert(
    fc.asyncProperty(steps, async ([batch, wanted]) => {
      for (const step of batch) {
        if (step.type === 'put') model.set(step.key, step.value);
        else model.delete(step.key);
      }
      await storage.write(batch, NO_SYNC);
      const expected = [...model]
        .filter(([name]) => byUtf8(name, wanted.from) >= 0 && byUtf8(name, wanted.before) < 0)
        .toSorted(([a], [b]) => byUtf8(a, b))
        .slice(0, wanted.limit);
      const found = await storage.range(wanted);
      t.strictSame(
        found.map(([name, value]) => [name, [...value]]),
        expected.map(([name, value]) => [name, [...value]]),
      );
    }),
    { numRuns: 300 },
  );
  await storage.close();
};

interface History {
  /** For each batch in turn: is it synced? */
  readonly syncs: readonly boolean[];
  /** Of how many batches it waits for the end before the power is cut. */
  readonly awaited: number;
}

const BATCH_BYTES = 4_000;

/** Writes a history, cuts the power in the middle of it, and says which batches are there again. */
async function batchesLeft(t: Test, open: OpenStorage, history: History): Promise<number[]> {
  const { storage, crash } = await open();
  if (crash === undefined) throw new Error('its power cannot be cut');
  const text = 'x'.repeat(BATCH_BYTES);
  const writes = history.syncs.map((sync, n) =>
    storage.write([put(`a${n}`, text), put('last', String(n)), put(`b${n}`, '')], { sync }),
  );
  for (const write of writes) write.catch(() => undefined);
  await Promise.all(writes.slice(0, history.awaited));
  const again = await crash();
  const found = writes.flatMap((_, n) => (again.get(`a${n}`) === undefined ? [] : [n]));
  for (const n of writes.keys()) {
    t.equal(again.get(`b${n}`) !== undefined, found.includes(n), 'a batch is whole or gone');
  }
  t.equal(textOf(again.get('last')), found.at(-1)?.toString(), 'the last one that is left wins');
  await again.close();
  return found;
}

/** A sync makes durable all that was written before it, whoever wrote that, and however. */
const syncsCoverAllBefore: Case = async (t, open) => {
  const { storage, crash } = await open();
  await storage.close();
  if (crash === undefined) {
    t.pass('its power cannot be cut here; see tests/power');
    return;
  }
  await powerCuts(t, open, 100);
};

/** @param runs histories */
export async function powerCuts(t: Test, open: OpenStorage, runs: number): Promise<void> {
  const syncs = fc.array(
    fc.nat({ max: 3 }).map((n) => n === 0),
    { minLength: 1, maxLength: 40 },
  );
  const histories = fc.record({ syncs, share: fc.nat({ max: 100 }) });
  await fc.assert(
    fc.asyncProperty(histories, async ({ syncs: each, share }) => {
      const awaited = Math.ceil((each.length * share) / 100);
      const found = await batchesLeft(t, open, { syncs: each, awaited });
      const promised = each.slice(0, awaited).lastIndexOf(true);
      const lastSynced = Math.max(promised, ...found.filter((n) => each[n]));
      const expected = Array.from({ length: lastSynced + 1 }, (_, n) => n);
      t.strictSame(found.slice(0, lastSynced + 1), expected, 'nothing before a sync is missing');
    }),
    { numRuns: runs, endOnFailure: true },
  );
}

const CASES: Readonly<Record<string, Case>> = {
  'put, get, delete': putGetDelete,
  'later operations of a batch win': laterOperationsWin,
  'keys in the order of their UTF-8 bytes': utf8Order,
  'bounds and limit of a range': rangeBounds,
  'values are not shared': valuesAreNotShared,
  'values of all sizes': valuesOfAllSizes,
  'concurrent writes keep their order': orderOfConcurrentWrites,
  'batches are atomic to readers': batchesAreAtomicToReaders,
  'compacting changes nothing': compactingChangesNothing,
  'closed means closed': closedMeansClosed,
  'what was written survives a reopening': survivesReopening,
  'a sync covers all that was written before it': syncsCoverAllBefore,
  'any history behaves as a sorted map': behavesAsSortedMap,
};

/** Runs every case against fresh storage of `open`. */
export async function storageConformance(t: Test, name: string, open: OpenStorage): Promise<void> {
  await t.test(`storage: ${name}`, async (engine) => {
    for (const [title, run] of Object.entries(CASES)) {
      await engine.test(title, (one) => run(one, open));
    }
  });
}
