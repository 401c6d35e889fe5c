/** What is passed on for a request, in fixed layout: it arrives as it left, or is refused. */
import fc from 'fast-check';
import t from 'tap';
import { HOLD } from '../../../lib/coordination/wire/hold-layout.js';
import { NEAR } from '../../../lib/coordination/wire/near-layout.js';
import { type ForwardedPut, PUT, putOf } from '../../../lib/coordination/wire/put-layout.js';
import { LayoutReader, LayoutWriter } from '../../../lib/encoding/layout.js';
import { isCorrupt } from '../../../lib/errors.js';
import type { FixedLayout } from '../../../lib/rpc/layout-type.js';
import { LAYOUT_SAMPLES } from '../golden/layout-samples.js';

function bytesOf<Value>({ write }: FixedLayout<Value>, value: Value): Buffer {
  const writer = new LayoutWriter();
  write(writer, value);
  return Buffer.from(writer.viewFrom(0));
}

function read<Value>({ read: from }: FixedLayout<Value>, bytes: Uint8Array): Value {
  const reader = new LayoutReader(bytes);
  const value = from(reader);
  if (!reader.isAtEnd) throw new Error('not all was read');
  return value;
}

/** As it arrives: values are parts of the message. */
function travelled<Value>(layout: FixedLayout<Value>, value: Value): Value {
  return read(layout, bytesOf(layout, value));
}

/** Values of whatever class, as those that are compared. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [key, plain(one)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

/** Every field, also one that is undefined: none gets lost. */
function sameFields(t: Tap, found: unknown, wanted: unknown, name: string): void {
  t.strictSame(plain(found), plain(wanted), name);
}

type Tap = Pick<typeof t, 'strictSame'>;

/** How many of the messages with one wrong byte are refused; any other error fails the test. */
function corruptOf(layout: FixedLayout<unknown>, sample: unknown): number {
  const bytes = bytesOf(layout, sample);
  const isRefused = (at: number, value: number): boolean => {
    const changed = Buffer.from(bytes);
    changed[at] = value;
    try {
      layout.read(new LayoutReader(changed));
      return false;
    } catch (error) {
      if (isCorrupt(error)) return true;
      throw error;
    }
  };
  const wrong = [0, 1, 127, 255];
  const places = [...bytes.keys()];
  return places.flatMap((at) => wrong.filter((value) => isRefused(at, value))).length;
}

for (const { type, requests, replies } of LAYOUT_SAMPLES) {
  t.test(`${type.name} arrives as it left`, async (t) => {
    for (const [n, one] of requests.entries()) {
      sameFields(t, travelled(type.request, one), one, `request ${n}`);
    }
    for (const [n, one] of replies.entries()) {
      sameFields(t, travelled(type.reply, one), one, `reply ${n}`);
    }
  });

  t.test(`${type.name}: a byte that is wrong is corrupt, or another value`, async (t) => {
    const sides = [[type.request, requests] as const, [type.reply, replies] as const];
    const corrupt = sides.reduce((sum, [layout, samples]) => {
      return sum + samples.reduce((of: number, one) => of + corruptOf(layout, one), 0);
    }, 0);
    t.ok(corrupt > 10, `${corrupt}`);
  });
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const bytes = fc.uint8Array({ maxLength: 100 });
const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const time = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(one, { nil: undefined });
const dot = fc.record({ writer: text, n: whole });
const vector = fc.dictionary(text, whole).map((row) => new Map(Object.entries(row)));
const seen = fc.record({ vector, beyond: fc.array(dot, { maxLength: 3 }), stamp: whole });
const dropped = fc.record({
  ...{ version: text, contentType: text, value: maybe(bytes), bytes: whole, writtenAt: whole },
});
const change = fc.oneof(
  fc.record({
    ...{ state: fc.constant('value' as const), contentType: text, value: bytes },
    ttlSeconds: fc.oneof(fc.constant('keep' as const), time, fc.constant(undefined)),
    expiresAt: maybe(time),
  }),
  fc.constant({ state: 'tombstone' as const }),
);
const forwarded: fc.Arbitrary<ForwardedPut> = fc.record({
  ...{ namespace: text, key: text, change, seen: maybe(seen), zone: text, past: maybe(bytes) },
  durability: fc.constantFrom('sync' as const, 'os' as const, 'memory' as const),
  levels: fc.array(text, { maxLength: 3 }),
  explains: fc.boolean(),
  resolving: maybe(
    fc.record({ strategy: text, by: text, dropped: fc.array(dropped, { maxLength: 3 }) }),
  ),
  session: maybe(
    fc.record({
      dots: fc
        .dictionary(text, fc.uniqueArray(fc.integer({ min: 1 }), { minLength: 1 }))
        .map(
          (row) => new Map(Object.entries(row).map(([of, ns]) => [of, ns.sort((a, b) => a - b)])),
        ),
      ...{ flag: fc.constantFrom('none' as const, 'all' as const), one: fc.boolean(), mark: whole },
    }),
  ),
});

t.test('any put arrives as it left', async (t) => {
  fc.assert(
    fc.property(forwarded, (put) => {
      sameFields(t, travelled(PUT.request, put), put, 'a put');
    }),
  );
});

t.test(
  'any question for the nearest replica, its answer, and any hint arrive as they left',
  async (t) => {
    const scope = fc.constantFrom('all' as const, 'quorum' as const);
    const question = fc.record({ namespace: text, key: text, maxMilliseconds: time, scope });
    const bound = fc.record({ age: time, scope });
    const hint = fc.record({
      ...{ namespace: text, key: text, target: text, record: bytes },
      durability: fc.constantFrom('sync' as const, 'os' as const, 'memory' as const),
    });
    fc.assert(
      fc.property(question, bound, hint, maybe(bytes), (near, proven, hold, record) => {
        sameFields(t, travelled(NEAR.request, near), near, 'a question');
        const answer = { bound: proven, record };
        sameFields(t, travelled(NEAR.reply, answer), answer, 'an answer');
        sameFields(t, travelled(HOLD.request, hold), hold, 'a hint');
      }),
    );
  },
);

t.test('an age, a bound or a number of a disk below zero is corrupt', async (t) => {
  const address = { namespace: 'default', key: 'k' };
  for (const below of [-1, -Number.MIN_VALUE, Number.NaN, Number.POSITIVE_INFINITY]) {
    const near = { ...address, maxMilliseconds: below, scope: 'any' as const };
    t.throws(() => travelled(NEAR.request, near), { code: 'corrupt_bytes' });
    const bound = { age: below, scope: 'all' as const };
    const answer = { bound, record: undefined };
    t.throws(() => travelled(NEAR.reply, answer), { code: 'corrupt_bytes' });
    const numbers = { start: below, commit: 1 };
    t.throws(() => travelled(HOLD.reply, numbers), { code: 'corrupt_bytes' });
  }
});

const [FIRST] = LAYOUT_SAMPLES.flatMap(({ type, requests }) =>
  type.name === PUT.name ? (requests as ForwardedPut[]) : [],
);

t.test('a put that was passed on is not passed on again, and its levels are known', async (t) => {
  if (FIRST === undefined) throw new Error('there is a sample');
  const put = putOf(FIRST, 1234, 16);
  t.match(put, { forwarded: true, deadline: 1234, at: { namespace: 'default', key: 'clé' } });
  t.strictSame(
    put.levels.map(({ name }) => name),
    ['quorum', 'one'],
  );
  t.throws(() => putOf({ ...FIRST, levels: ['half'] }, 1, 16), { code: 'invalid_level' });
});

t.test('a time below zero, or dots that are none, are corrupt', async (t) => {
  if (FIRST?.change.state !== 'value') throw new Error('it is of a value');
  const wrong = (change: Partial<typeof FIRST.change>): ForwardedPut => ({
    ...FIRST,
    change: { ...FIRST.change, ...change } as ForwardedPut['change'],
  });
  for (const put of [wrong({ ttlSeconds: -1 }), wrong({ expiresAt: -1 })]) {
    t.throws(() => travelled(PUT.request, put), { code: 'corrupt_bytes' });
  }
  const dots = new Map([['w', [7, 7]]]);
  const session = { dots, flag: 'none' as const, one: false, mark: 0 };
  t.throws(() => travelled(PUT.request, { ...FIRST, session }), { code: 'corrupt_bytes' });
});
