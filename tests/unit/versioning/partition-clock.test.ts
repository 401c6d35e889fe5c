/** Partition clocks against sets of dots. */
import fc from 'fast-check';
import t from 'tap';
import { dotText } from '../../../lib/versioning/dot.js';
import { PartitionClock, type PlainClock } from '../../../lib/versioning/partition-clock.js';
import { ALL_DOTS, anyDot, anyVector } from './arbitraries.js';

const RUNS = { numRuns: 10_000 };
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
    [['a', 3, [2]]],
    [['a', 3, [3]]],
    [['a', 3, [4]]],
    [['a', 0, [5, 5]]],
    [['a', 0, [7, 6]]],
    [['a', 0, [Number.NaN]]],
    [['a', -1, []]],
    [['a', 1.5, []]],
    [['a', 0, [2.5]]],
    [
      ['a', 1, []],
      ['a', 2, []],
    ],
  ];
  for (const plain of rows) t.throws(() => PartitionClock.from(plain), JSON.stringify(plain));
});
