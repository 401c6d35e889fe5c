/** When tombstones and stubs are due: by their age, or because there are too many of them. */
import fc from 'fast-check';
import t from 'tap';
import { dueOf, dueUntil, type Retention } from '../../../lib/anti-entropy/due.js';

const ended = (ends: readonly number[]) => ends.map((milliseconds) => ({ milliseconds }));
const dueAmong = (ends: readonly number[], retention: Retention): readonly number[] =>
  dueOf(ended(ends), retention).map(({ milliseconds }) => milliseconds);
const countDue = (ends: readonly number[], retention: Retention): number =>
  dueAmong(ends, retention).length;

t.test('by age, and the oldest first where there are too many', (t) => {
  const rows = [
    {
      deaths: [10, 20, 900, 950],
      tombstones: 4,
      tombstonesMax: 10,
      due: 2,
      until: 900,
      why: 'old enough',
    },
    { deaths: [900, 950], tombstones: 2, tombstonesMax: 10, due: 0, until: 900, why: 'neither' },
    {
      deaths: [910, 920, 930, 940],
      tombstones: 4,
      tombstonesMax: 3,
      due: 1,
      until: 1_000,
      why: 'one too many',
    },
    {
      deaths: [10, 20, 930, 940],
      tombstones: 4,
      tombstonesMax: 3,
      due: 2,
      until: 1_000,
      why: 'old anyway',
    },
    {
      deaths: [910, 920],
      tombstones: 9,
      tombstonesMax: 0,
      due: 2,
      until: 1_000,
      why: 'none may be kept',
    },
    { deaths: [], tombstones: 9, tombstonesMax: 0, due: 0, until: 1_000, why: 'nothing there' },
  ];
  for (const { deaths, tombstones, tombstonesMax, due, until, why } of rows) {
    const retention = {
      nowMilliseconds: 1_000,
      retentionMilliseconds: 100,
      tombstones,
      tombstonesMax,
    };
    t.equal(countDue(deaths, retention), due, why);
    t.equal(dueUntil(retention), until, why);
  }
  t.end();
});

t.test('what a wrong clock has dated; and nobody here knows the time', (t) => {
  const plenty = { retentionMilliseconds: 100, tombstones: 2, tombstonesMax: 10 };
  const now = { ...plenty, nowMilliseconds: 1_000, futureFromMilliseconds: 1_050 };
  t.equal(countDue([1_049, 1_050, 9_000], now), 2, 'of no known age');
  const unknown = { ...plenty, nowMilliseconds: undefined };
  t.equal(countDue([10, 9_000], unknown), 0);
  t.equal(dueUntil(unknown), undefined);
  t.equal(countDue([10, 9_000], { ...unknown, tombstones: 11 }), 1, 'but too many are too many');
  t.equal(dueUntil({ ...unknown, tombstones: 11 }), Number.POSITIVE_INFINITY);
  t.end();
});

t.test('what a wrong clock has dated goes itself, and not another one in its place', (t) => {
  const now = {
    ...{ nowMilliseconds: 1_000, futureFromMilliseconds: 1_050, retentionMilliseconds: 100 },
    ...{ tombstones: 11, tombstonesMax: 10 },
  };
  t.strictSame(dueAmong([10, 910, 920, 930, 1_060, 9_000], now), [10, 1_060, 9_000]);
  t.strictSame(dueAmong([910, 920, 930, 9_000], { ...now, tombstones: 12 }), [9_000, 910]);
  t.end();
});

t.test('laws: more are due with time, with more of them, and with less room', (t) => {
  const cases = fc.record({
    deaths: fc.array(fc.nat(1_000), { maxLength: 20 }).map((all) => all.sort((a, b) => a - b)),
    nowMilliseconds: fc.nat(2_000),
    retentionMilliseconds: fc.nat(1_000),
    tombstones: fc.nat(40),
    tombstonesMax: fc.nat(40),
    more: fc.nat(500),
  });
  fc.assert(
    fc.property(cases, ({ deaths, more, ...retention }) => {
      const due = countDue(deaths, retention);
      const { nowMilliseconds, tombstones, tombstonesMax } = retention;
      if (due > deaths.length || due < 0) return false;
      // Never fewer than the excess, as far as there are any, and nothing that has yet to die.
      if (due < Math.min(deaths.length, tombstones - tombstonesMax)) return false;
      const later = countDue(deaths, { ...retention, nowMilliseconds: nowMilliseconds + more });
      const crowded = countDue(deaths, { ...retention, tombstones: tombstones + more });
      const roomy = countDue(deaths, { ...retention, tombstonesMax: tombstonesMax + more });
      return later >= due && crowded >= due && roomy <= due;
    }),
    { numRuns: 10_000 },
  );
  t.pass('10,000 cases');
  t.end();
});
