/** Runs of numbers against sets of numbers. */
import fc from 'fast-check';
import t from 'tap';
import { areRuns, NumberRuns } from '../../../lib/versioning/number-runs.js';

const RUNS = { numRuns: 5_000 };
const MAX = 40;
/** Enough for many gaps, and for sets of which one fills those of the other. */
const someNumbers = fc.array(fc.integer({ min: 1, max: MAX }), { maxLength: MAX });

function runsOf(numbers: Iterable<number>): NumberRuns {
  const runs = NumberRuns.none();
  for (const n of numbers) runs.add(n);
  return runs;
}

function numbersIn(runs: NumberRuns): number[] {
  const numbers: number[] = [];
  for (const [first, last] of runs.without(NumberRuns.none())) {
    for (let n = first; n <= last; n += 1) numbers.push(n);
  }
  return numbers;
}

function ascending(numbers: Iterable<number>): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** The form by which two equal sets are known to be equal, and nothing but that. */
function formOf(runs: NumberRuns): string {
  return JSON.stringify([runs.prefix, runs.steps()]);
}

/** As a reader of the format who knows sets alone would write it. */
function expectedForm(numbers: ReadonlySet<number>): string {
  const lengths: number[] = [];
  let [prefix, isHeld, length] = [-1, true, 0];
  for (let n = 1; n <= MAX + 1; n += 1) {
    if (numbers.has(n) === isHeld) {
      length += 1;
      continue;
    }
    if (prefix === -1) prefix = length;
    else lengths.push(length);
    [isHeld, length] = [!isHeld, 1];
  }
  if (prefix === -1) prefix = length;
  return JSON.stringify([prefix, lengths]);
}

t.test('each number is added once, and all are held, in one form', async () => {
  fc.assert(
    fc.property(someNumbers, (numbers) => {
      const [runs, model] = [NumberRuns.none(), new Set<number>()];
      for (const n of numbers) {
        if (runs.add(n) === model.has(n)) return false;
        model.add(n);
        if (formOf(runs) !== expectedForm(model)) return false;
      }
      for (let n = 1; n <= MAX + 2; n += 1) if (runs.has(n) !== model.has(n)) return false;
      return JSON.stringify(numbersIn(runs)) === JSON.stringify(ascending(model));
    }),
    RUNS,
  );
});

t.test('union and difference are those of sets, and the other side stays', async () => {
  fc.assert(
    fc.property(someNumbers, someNumbers, someNumbers, (a, b, later) => {
      const [ours, theirs] = [runsOf(a), runsOf(b)];
      const [before, inTheirs] = [formOf(theirs), new Set(b)];
      const without = [...ours.without(theirs)];
      const missing = without.flatMap(([first, last]) => {
        return Array.from({ length: last - first + 1 }, (_, i) => first + i);
      });
      const expected = ascending(a).filter((n) => !inTheirs.has(n));
      if (JSON.stringify(missing) !== JSON.stringify(expected)) return false;
      const copy = theirs.copy();
      ours.union(theirs);
      for (const n of later) {
        ours.add(n);
        copy.add(n);
      }
      return (
        formOf(theirs) === before &&
        formOf(ours) === expectedForm(new Set([...a, ...b, ...later])) &&
        formOf(copy) === expectedForm(new Set([...b, ...later]))
      );
    }),
    RUNS,
  );
});

t.test('what is written is read back', async () => {
  fc.assert(
    fc.property(someNumbers, (numbers) => {
      const runs = runsOf(numbers);
      if (!areRuns(runs.prefix, runs.steps())) return false;
      const again = NumberRuns.from(runs.prefix, runs.steps());
      return JSON.stringify(numbersIn(again)) === JSON.stringify(ascending(numbers));
    }),
    RUNS,
  );
});

t.test('whatever is taken for runs is the one form of a set', async () => {
  const anyNumber = fc.oneof(
    fc.integer({ min: -1, max: 4 }),
    fc.constantFrom(0.5, Number.NaN, 2 ** 53, 2 ** 53 - 1, 2 ** 52),
  );
  let taken = 0;
  fc.assert(
    fc.property(anyNumber, fc.array(anyNumber, { maxLength: 6 }), (prefix, steps) => {
      if (!areRuns(prefix, steps)) return true;
      taken += 1;
      const runs = NumberRuns.from(prefix, steps);
      const [last, ...others] = [...runs.without(NumberRuns.none())].reverse();
      // A union joins all that touches.
      const joined = NumberRuns.none();
      joined.union(runs);
      return (
        formOf(joined) === JSON.stringify([prefix, steps]) &&
        others.length <= steps.length / 2 &&
        (last === undefined || Number.isSafeInteger(last[1]))
      );
    }),
    RUNS,
  );
  t.ok(taken > 200, `${taken}`);
});
