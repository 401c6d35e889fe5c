/** The load's values, latencies and levels, against naive ones. */
import fc from 'fast-check';
import t from 'tap';
import { LatencyHistogram } from '../../../../bin/stress/latency-histogram.js';
import { levelsOverlap, whyNotAt } from '../../../../bin/stress/stress-plan.js';
import { reportTable, stressReport } from '../../../../bin/stress/stress-report.js';
import { sequenceOf, stressValue } from '../../../../bin/stress/stress-value.js';
import { Tally } from '../../../../bin/stress/tally.js';

t.test('a value gives its sequence back, and no changed value does', async () => {
  const cases = fc.tuple(
    fc.stringMatching(/^[a-z0-9-]{1,20}$/),
    fc.nat(),
    fc.integer({ max: 300 }),
  );
  fc.assert(
    fc.property(cases, fc.nat(), ([key, sequence, bytes], at) => {
      const value = stressValue(key, sequence, bytes);
      const index = at % value.length;
      const changed =
        value.slice(0, index) + (value[index] === '7' ? '8' : '7') + value.slice(index + 1);
      return (
        value.length >= bytes &&
        sequenceOf(value, key) === sequence &&
        sequenceOf(changed, key) === undefined &&
        sequenceOf(value, `${key}x`) === undefined
      );
    }),
    { numRuns: 2000 },
  );
});

t.test('quantiles are those of the sorted list, within a hundredth', async () => {
  const samples = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(samples, fc.double({ min: 0.001, max: 1, noNaN: true }), (list, fraction) => {
      const histogram = new LatencyHistogram();
      for (const one of list) histogram.record(one);
      const sorted = list.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(fraction * list.length) - 1] ?? 0;
      const found = histogram.quantile(fraction);
      return found >= exact * 0.99 - 0.001 && found <= exact * 1.01 + 0.002;
    }),
    { numRuns: 2000 },
  );
});

t.test('strict where every read meets every write in a replica', async (t) => {
  const rows: readonly (readonly [read: string, write: string, n: number, overlap: boolean])[] = [
    ['quorum', 'quorum', 3, true],
    ['one', 'one', 3, false],
    ['one', 'all', 3, true],
    ['two', '2', 3, true],
    ['2', '2', 4, false],
    ['eventual', 'quorum', 3, false],
    ['local-quorum', 'quorum', 3, false],
    ['one', 'one', 1, true],
    ['strong', 'strong', 3, true],
    ['strong', 'quorum', 3, true],
    ['strong', 'one', 3, false],
    ['two', 'bounded-staleness;max=1s', 3, true],
    ['bounded-staleness', 'bounded-staleness', 3, false],
    ['bounded-staleness', 'all', 3, false],
  ];
  for (const [read, write, n, overlap] of rows) {
    t.equal(levelsOverlap(read, write, n), overlap, `${read} ${write} ${n}`);
  }
});

t.test('a level that cannot work is refused before the load begins', async (t) => {
  const reached = [
    { level: 'quorum', reads: 8, writes: 8 },
    { level: 'all', reads: 0, writes: 0 },
    { level: 'any', writes: 8 },
  ];
  t.equal(whyNotAt('Quorum', 'writes', reached, 3), undefined);
  t.equal(whyNotAt('3', 'writes', reached, 3), undefined);
  t.match(whyNotAt('4', 'writes', reached, 3), /a key has 3/);
  t.match(whyNotAt('all', 'reads', reached, 3), /no partition reaches/);
  t.match(whyNotAt('any', 'reads', reached, 3), /not for reads/);
  t.match(whyNotAt('quorumm', 'reads', reached, 3), /no level quorumm; it has quorum, all, any/);
});

t.test('100 per cent is all of them', async (t) => {
  const tally = new Tally();
  tally.requests.put = 1_000_000;
  tally.successes.put = 999_999;
  tally.fail('put', '503 overloaded');
  tally.correct = 3;
  const plan = {
    endpoints: [],
    getsPerSecond: 0,
    putsPerSecond: 0,
    durationMilliseconds: 1,
    keyCount: 1,
    valueBytes: 1,
    connections: 1,
    timeoutMilliseconds: undefined,
    readLevel: 'quorum',
    writeLevel: 'quorum',
    isStrict: true,
    run: 'r',
    namespace: undefined,
    deletesKeys: true,
  };
  const report = stressReport(plan, tally, 1000);
  t.match(report, { success_percent: 99.99, correct_percent: 100, failures: 1 });
  t.notOk(tally.isPerfect);
  t.ok(tally.isCorrect);
  const shown = reportTable({ colours: false }, report);
  t.match(shown, '99.99 % (999999 of 1000000)');
  t.match(shown, /failed +1 requests: 1 x 503 overloaded/);
  t.match(shown, /keys +stress-r-\* in the namespace default: 0 deleted/);
  t.match(shown, '! 1 x put: 503 overloaded');
  t.notMatch(shown, 'bounds');
  tally.bounds.record(240);
  const bounded = { ...plan, readLevel: 'bounded-staleness;max=1s', isStrict: false };
  const shownOfBounds = reportTable({ colours: false }, stressReport(bounded, tally, 1000));
  t.match(shownOfBounds, /bounds +p50 240/);
  t.match(shownOfBounds, 'must see what was acknowledged before the time that they name');
  tally.incorrect += 1;
  t.notOk(tally.isCorrect);
});
