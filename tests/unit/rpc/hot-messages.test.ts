/** Messages of fixed layout: what is encoded is decoded, and nothing else gets past the decoder. */
import fc from 'fast-check';
import t from 'tap';
import { LARGE_BYTES } from '../../../lib/encoding/large.js';
import { ERROR_CODES, type ErrorCode, isCorrupt, OperatingError } from '../../../lib/errors.js';
import {
  decodeCopies,
  decodeReads,
  decodeRefused,
  decodeShown,
  decodeStoredItems,
} from '../../../lib/rpc/hot-layout.js';
import {
  SHOWN_AT_LEAST,
  type CopyItem,
  HOT,
  type HotMessage,
  isHot,
  type ReadItem,
  type ShownItem,
  type StoredItem,
} from '../../../lib/rpc/hot-messages.js';
import { decodeAnswered, decodeAsked } from '../../../lib/rpc/layout-items.js';
import { HOT_SAMPLES } from '../golden/hot-samples.js';
import {
  copiesMessage,
  readsMessage,
  refusedMessage,
  shownMessage,
  storedMessage,
} from './hot-encoding.js';
import { layoutTypeOf } from '../wire-names.js';
import { parseMessage } from '../../../lib/rpc/wire.js';

const u32 = fc.nat({ max: 0xffff_ffff });
const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const name = fc.string({ unit: 'grapheme', maxLength: 80 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const plainObjects = { noNullPrototype: true } as const;
const head = fc.record({ epoch: u32, settingsHash: u32 }, plainObjects);
const id = { slot: u32, generation: u32 };
const leftMilliseconds = u32.map((microseconds) => microseconds / 1000);
const asked = { ...id, leftMilliseconds, namespace: name, key: name };
const lost = fc.option(fc.array(fc.tuple(name, whole), { maxLength: 3 }), { nil: undefined });
const want = fc.constantFrom('full', 'versions', 'fingerprint');
const durability = fc.constantFrom('sync', 'os', 'memory');
const fate = fc.constantFrom(undefined, 'collected', 'ended');
const fingerprint = fc.string({ unit: 'binary-ascii', maxLength: 100 });
const read: fc.Arbitrary<ReadItem> = fc.record(
  { ...asked, want, atLeast: fc.constantFrom(...SHOWN_AT_LEAST), floor: bytes },
  plainObjects,
);
const copy: fc.Arbitrary<CopyItem> = fc.record(
  { ...asked, durability, record: bytes, audit: bytes, blind: name },
  plainObjects,
);
const shown = (from: number): fc.Arbitrary<ShownItem> => {
  const start = fc.constant(from);
  const said = { fingerprint, record: fc.option(bytes), missing: bytes };
  return fc.record({ ...id, lost, start, ...said }, plainObjects);
};
const stored = (from: number): fc.Arbitrary<StoredItem> =>
  fc.record({ ...id, lost, start: fc.constant(from), fate, report: bytes }, plainObjects);
const some = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(item, { minLength: 1, maxLength: 8 });

t.test('what is encoded is decoded', async (t) => {
  fc.assert(
    fc.property(head, some(read), (one, items) => {
      t.strictSame(decodeReads(readsMessage(one, items)), { ...one, items });
    }),
  );
  fc.assert(
    fc.property(head, some(copy), (one, items) => {
      t.strictSame(decodeCopies(copiesMessage(one, items)), { ...one, items });
    }),
  );
  const withStart = whole.chain((start) => some(shown(start)));
  fc.assert(
    fc.property(withStart, (items) => {
      t.strictSame(decodeShown(shownMessage(items)), items);
    }),
  );
  const acknowledged = whole.chain((start) => some(stored(start)));
  fc.assert(
    fc.property(acknowledged, whole, (items, commit) => {
      const expected = { start: items[0]?.start, commit, items };
      t.strictSame(decodeStoredItems(storedMessage(commit, items)), expected);
    }),
  );
});

t.test('a refusal keeps its code, outcome, details and the beginning of its reason', async (t) => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    for (const outcome of ['none', 'unknown'] as const) {
      const details = { limit: 1, received: 'é\r\n', known: ['a', { b: null }] };
      const error = new OperatingError(code, 'é'.repeat(400), { outcome, details });
      const [refused] = decodeRefused(refusedMessage([{ slot: 1, generation: 2, error }]));
      const { message } = refused?.error ?? {};
      t.match(refused, { slot: 1, generation: 2, error: { code, outcome } });
      t.strictSame(refused?.error.details, details);
      t.equal(message, 'é'.repeat(300));
    }
  }
});

t.test('details are few plain values of JSON: others do not leave, or are corrupt', async (t) => {
  const travelled = (details: Readonly<Record<string, unknown>>): unknown => {
    const error = new OperatingError('siblings', 'why', { details });
    return decodeRefused(refusedMessage([{ slot: 1, generation: 2, error }]))[0]?.error.details;
  };
  t.strictSame(travelled({}), {});
  t.strictSame(travelled({ field: undefined, limit: 4 }), { limit: 4 });
  t.strictSame(travelled({ x: 'é'.repeat(252) }), { x: 'é'.repeat(252) });
  t.strictSame(travelled({ x: 'é'.repeat(253) }), {}, 'too long');
  const hostile = travelled(JSON.parse('{"__proto__":{"code":"x"}}') as Record<string, unknown>);
  t.equal((hostile as { code?: unknown }).code, undefined, 'no prototype is taken from a peer');

  const error = new OperatingError('siblings', 'why');
  const [kind, items] = refusedMessage([{ slot: 1, generation: 2, error }]);
  const withText = (text: string): HotMessage => {
    const length = Buffer.alloc(2);
    length.writeUInt16LE(Buffer.byteLength(text));
    return [kind, Buffer.concat([items.subarray(0, -2), length, Buffer.from(text)])];
  };
  t.match(decodeRefused(withText('{"a":1}')), [{ error: { details: { a: 1 } } }]);
  const long = JSON.stringify({ x: 'x'.repeat(505) });
  for (const text of ['{', '1', 'null', '"x"', '[1]', 'undefined', '{"a":1}x', long]) {
    t.throws(() => decodeRefused(withText(text)), { code: 'corrupt_bytes' }, text.slice(0, 20));
    const plain = [2, 1, 'siblings', 'why', 'none', text];
    t.throws(() => parseMessage(plain), { code: 'corrupt_bytes' }, text.slice(0, 20));
  }
  t.throws(() => parseMessage([2, 1, 'siblings', 'why', 'none', { a: 1 }]));
});

t.test('a code of a later version is an internal error', async (t) => {
  const error = new OperatingError('siblings', 'why', { outcome: 'none' });
  const [kind, items] = refusedMessage([{ slot: 1, generation: 2, error }]);
  const other = Buffer.from(Buffer.from(items).toString('latin1').replace('siblings', 'sibl1ngs'));
  t.match(decodeRefused([kind, other]), [{ error: { code: 'internal', outcome: 'none' } }]);
});

t.test('time that is left is rounded to a microsecond, and never wraps', async (t) => {
  const leftOf = (left: number): number | undefined => {
    const item = { slot: 0, generation: 0, namespace: '', key: '', atLeast: 'synced' } as const;
    const floor = Buffer.alloc(0);
    const items = [{ ...item, want: 'full', leftMilliseconds: left, floor } as const];
    return decodeReads(readsMessage({ epoch: 0, settingsHash: 0 }, items)).items[0]
      ?.leftMilliseconds;
  };
  t.equal(leftOf(0.0004), 0);
  t.equal(leftOf(1.0006), 1.001);
  t.equal(leftOf(1e12), 4_294_967.295);
  t.equal(leftOf(-5), 0);
});

const DECODERS = { reads: decodeReads, copies: decodeCopies, shown: decodeShown } as const;
const ALL = [
  ...[...Object.values(DECODERS), decodeStoredItems, decodeRefused],
  (message: HotMessage) => decodeAsked(message, layoutTypeOf),
  (message: HotMessage) => decodeAnswered(message, layoutTypeOf),
];
/** In the order of their decoders. */
const KINDS: readonly number[] = [
  ...[HOT.reads, HOT.copies, HOT.shown, HOT.stored, HOT.refused, HOT.asked, HOT.answered],
];

/** What the decoder of its kind makes of it: the value, or `corrupt`. Any other throw fails. */
function outcomeOf(decode: (message: HotMessage) => unknown, message: HotMessage): unknown {
  try {
    return decode(message);
  } catch (error) {
    if (isCorrupt(error)) return 'corrupt';
    throw error;
  }
}

t.test('any bytes are decoded, or corrupt, and none beyond them is read', async (t) => {
  const around = fc.uint8Array({ minLength: 64, maxLength: 64 });
  const found = { good: 0, corrupt: 0 };
  const samples = [...HOT_SAMPLES.values()].map(([, items]) => [...items]);
  const near = fc
    .tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }))))
    .map(([sample, changes]) => {
      const changed = Uint8Array.from(sample);
      for (const [at, value] of changes.slice(0, 3)) changed[at % changed.length] = value;
      return changed;
    });
  fc.assert(
    fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 200 })), around, (items, noise) => {
      const alone = Uint8Array.from(items);
      const within = Buffer.concat([noise, items, noise]).subarray(64, 64 + items.length);
      for (const decode of ALL) {
        const outcome = outcomeOf(decode, [HOT.reads, alone]);
        t.strictSame(outcomeOf(decode, [HOT.reads, within]), outcome);
        found[outcome === 'corrupt' ? 'corrupt' : 'good'] += 1;
      }
    }),
    { numRuns: 3_000 },
  );
  t.ok(found.good > 100 && found.corrupt > 1_000, JSON.stringify(found));
});

t.test('what is cut short is corrupt, but between two items', async (t) => {
  for (const [name, [kind, items, beside]] of HOT_SAMPLES) {
    const decode = ALL[KINDS.indexOf(kind)];
    if (decode === undefined) throw new Error('a decoder for each kind');
    let whole = 0;
    for (let length = 0; length < items.length; length += 1) {
      const cut = items.subarray(0, length);
      const message: HotMessage = beside === undefined ? [kind, cut] : [kind, cut, beside];
      if (outcomeOf(decode, message) !== 'corrupt') whole += 1;
    }
    t.ok(whole <= 7, `${name}: at ${whole} places`);
    t.not(outcomeOf(decode, [kind, items, ...(beside ? [beside] : [])] as never), 'corrupt', name);
  }
});

t.test('messages of another shape are corrupt', async (t) => {
  const [kind, items] = HOT_SAMPLES.get('copies') ?? [];
  const rows: unknown[] = [[kind], [kind, 'x'], [kind, null], [kind, [1]], [kind, {}]];
  rows.push([kind, items, 7], [kind, items, items, items], [kind, items, undefined]);
  for (const row of rows) {
    t.ok(isHot(row));
    for (const decode of ALL) t.equal(outcomeOf(decode, row as HotMessage), 'corrupt');
  }
  for (const row of [null, 3, {}, [], ['3'], [2], [10], [3.5], [-1]]) t.notOk(isHot(row));
  t.equal(outcomeOf(decodeReads, [HOT.reads, Buffer.alloc(8)]), 'corrupt', 'no items');
  t.equal(outcomeOf(decodeRefused, [HOT.refused, Buffer.alloc(0)]), 'corrupt', 'no items');
});

const LARGE = Buffer.alloc(LARGE_BYTES, 'x');
const plain = { slot: 1, generation: 2, leftMilliseconds: 5, namespace: 'n', key: 'k' };
const none = { audit: Buffer.alloc(0), blind: '' };
const large = { ...plain, ...none, durability: 'sync', record: LARGE } as const;
const HEAD = { epoch: 1, settingsHash: 2 };

t.test('a large record lies beside its item, and is of no other', async (t) => {
  const [kind, items, beside] = copiesMessage(HEAD, [large]);
  t.equal(beside, LARGE, 'not a copy');
  t.ok(items.length < 100);
  t.equal(decodeCopies([kind, items, LARGE]).items[0]?.record, LARGE);
  t.equal(outcomeOf(decodeCopies, [kind, items]), 'corrupt', 'it is missing');
  const small = copiesMessage(HEAD, [{ ...large, record: Buffer.from('x') }]);
  t.equal(outcomeOf(decodeCopies, [kind, small[1], LARGE]), 'corrupt', 'nobody names it');
  const twice = Buffer.concat([items, items.subarray(8)]);
  t.equal(outcomeOf(decodeCopies, [kind, twice, LARGE]), 'corrupt', 'two name it');
});

t.test('a record that is kept keeps no long message alive', async (t) => {
  const many = Array.from({ length: 30 }, () => ({ ...large, record: Buffer.alloc(1_000, 'r') }));
  const message = copiesMessage(HEAD, many);
  for (const { record } of decodeCopies(message).items) {
    t.not(record.buffer, message[1].buffer);
    t.ok(record.buffer.byteLength <= 8_192);
  }
  const one = copiesMessage(HEAD, [{ ...large, record: Buffer.alloc(20_000) }]);
  t.equal(decodeCopies(one).items[0]?.record.buffer, one[1].buffer, 'it is most of it');
});
