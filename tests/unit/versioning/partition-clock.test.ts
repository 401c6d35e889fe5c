/** Partition clocks against sets of dots. */
import fc from 'fast-check';
import t from 'tap';
import { encode } from '../../../lib/encoding/codec.js';
import { dotText } from '../../../lib/versioning/dot.js';
import { PartitionClock, type PlainClock } from '../../../lib/versioning/partition-clock.js';
import { ALL_DOTS, anyDot, anyVector } from './arbitraries.js';

const RUNS = { numRuns: 10_000 };
const WRITER = 'a.1.0123456789ab';
const dots = fc.array(anyDot, { maxLength: 16 });

function clockOf(seen: readonly { writer: string; n: number }[]): PartitionClock {
  const clock = new PartitionClock();
  for (const dot of seen) clock.add(dot);
  return clock;
}

function holdsExactly(clock: PartitionClock, expected: ReadonlySet<string>): boolean {
  return ALL_DOTS.every((dot) => clock.has(dot) === expected.has(dotText(dot)));
}

t.test('add and has are those of a set', async () => {
  fc.assert(
    fc.property(dots, (seen) => {
      const clock = new PartitionClock();
      const model = new Set<string>();
      for (const dot of seen) {
        if (clock.add(dot) === model.has(dotText(dot))) return false;
        model.add(dotText(dot));
      }
      return holdsExactly(clock, model);
    }),
    RUNS,
  );
});

t.test('what one clock has and another lacks is the difference of sets', async () => {
  fc.assert(
    fc.property(dots, dots, fc.integer({ min: 1, max: 8 }), (a, b, limit) => {
      const [ours, theirs] = [clockOf(a), clockOf(b)];
      const missing = ours.missingFrom(theirs, 1_000).map(dotText).sort();
      const seen = new Set(b.map(dotText));
      const expected = [...new Set(a.map(dotText))].filter((dot) => !seen.has(dot)).sort();
      const few = ours.missingFrom(theirs, limit).map(dotText);
      return (
        JSON.stringify(missing) === JSON.stringify(expected) &&
        few.length === Math.min(limit, expected.length) &&
        few.every((dot) => expected.includes(dot)) &&
        theirs.includes(ours) === (expected.length === 0)
      );
    }),
    RUNS,
  );
});

t.test('a union is the union, and leaves the other side alone', async () => {
  fc.assert(
    fc.property(dots, dots, dots, (a, b, later) => {
      const [ours, theirs] = [clockOf(a), clockOf(b)];
      const plain = JSON.stringify(theirs.toPlain());
      ours.union(theirs);
      for (const dot of later) ours.add(dot);
      const all = [...a, ...b, ...later];
      return (
        holdsExactly(ours, new Set(all.map(dotText))) &&
        JSON.stringify(theirs.toPlain()) === plain &&
        JSON.stringify(ours.toPlain()) === JSON.stringify(clockOf(all).toPlain())
      );
    }),
    RUNS,
  );
});

t.test(
  'a vector is covered without gap where every number up to its entries was seen',
  async () => {
    fc.assert(
      fc.property(dots, anyVector, (seen, vector) => {
        const model = new Set(seen.map(dotText));
        let all = true;
        for (const [writer, last] of vector) {
          for (let n = 1; n <= last; n += 1) all = all && model.has(dotText({ writer, n }));
        }
        return clockOf(seen).coversWithoutGap(vector) === all;
      }),
      RUNS,
    );
  },
);

t.test('what is written is read back, in one form for one set', async () => {
  fc.assert(
    fc.property(dots, (seen) => {
      const clock = clockOf(seen);
      const again = PartitionClock.from(JSON.parse(JSON.stringify(clock.toPlain())) as PlainClock);
      const text = JSON.stringify(clock.toPlain());
      return (
        holdsExactly(again, new Set(seen.map(dotText))) &&
        JSON.stringify(again.toPlain()) === text &&
        JSON.stringify(clockOf(seen.toReversed()).toPlain()) === text
      );
    }),
    RUNS,
  );
});

t.test('what is no clock is refused', async (t) => {
  const rows: PlainClock[] = [
    [['a', 3, [0, 1]]],
    [['a', 3, [1, 0]]],
    [['a', 3, [1]]],
    [['a', 3, [1, 1, 1]]],
    [['a', 0, [1, -1]]],
    [['a', 0, [Number.NaN, 1]]],
    [['a', -1, []]],
    [['a', 1.5, []]],
    [['a', 0, [1, 2.5]]],
    [['a', Number.MAX_SAFE_INTEGER, [1, 1]]],
    [['a', 1, [1, 1, Number.MAX_SAFE_INTEGER, 1]]],
    [['a', 0, [1, Number.MAX_SAFE_INTEGER]]],
    [
      ['a', 1, []],
      ['a', 2, []],
    ],
  ];
  for (const plain of rows) {
    t.throws(() => PartitionClock.from(plain), { code: 'corrupt_bytes' }, JSON.stringify(plain));
  }
});

t.test('numbers beyond a gap take a few bytes, however many, and no other form', async (t) => {
  const clock = new PartitionClock();
  for (let n = 2; n <= 150_001; n += 1) clock.add({ writer: WRITER, n });
  t.strictSame(clock.toPlain(), [[WRITER, 0, [1, 150_000]]]);
  t.ok(encode(clock.toPlain()).length < 50, `${encode(clock.toPlain()).length}`);
  clock.add({ writer: WRITER, n: 1 });
  t.strictSame(clock.toPlain(), [[WRITER, 150_001, []]]);
});

t.test('a clock that claims all numbers takes no memory and no time for them', async (t) => {
  const all = Number.MAX_SAFE_INTEGER;
  const claimed = PartitionClock.from([[WRITER, 1, [2, 2 ** 40, 3, all - 2 ** 40 - 6]]]);
  const own = PartitionClock.from([[WRITER, 0, [1, 2 ** 45]]]);
  t.strictSame(
    claimed.missingFrom(own, 3).map(({ n }) => n),
    [1, 2 ** 45 + 2, 2 ** 45 + 3],
  );
  t.strictSame(
    own.missingFrom(claimed, 9).map(({ n }) => n),
    [2, 3, 2 ** 40 + 4, 2 ** 40 + 5, 2 ** 40 + 6],
  );
  own.union(claimed);
  t.strictSame(own.toPlain(), [[WRITER, all, []]]);
  t.ok(own.includes(claimed));
});
