/**
 * Random histories of the small world: each key has an order. `CONSENSUS_HISTORIES=20000` runs
 * longer; `CONSENSUS_SEED` is the first.
 */
import t from 'tap';
import { randomHistory, type Weather } from './random-history.js';

const HISTORIES = Number(process.env['CONSENSUS_HISTORIES'] ?? 300);
const FIRST = Number(process.env['CONSENSUS_SEED'] ?? 1);

const MILD = { size: 3, steps: 320, damage: 'none', cuts: false, isHot: false } as const;

/** Shares of the histories. */
const WEATHERS: readonly (readonly [string, number, Weather])[] = [
  ['three owners', 1, MILD],
  ['three owners, cuts, and everything often', 1, { ...MILD, cuts: true, isHot: true }],
  ['five owners', 1 / 3, { ...MILD, size: 5 }],
  ['five owners, cuts, and everything often', 1 / 3, { ...MILD, size: 5, cuts: true, isHot: true }],
  ['a disk is lost', 1 / 2, { ...MILD, damage: 'lost' }],
  ['a disk is rolled back', 1 / 2, { ...MILD, damage: 'rolled back' }],
];

/** Each happens now and then. */
const RARE = ['settled read', 'unresolved', 'applied', 'unmet', 'collected', 'decided again'];
const RARER = ['no room', 'killed', 'adopted', 'damaged', 'rebuilt'];

t.test('every history has an order', { timeout: 0 }, async (t) => {
  const counts = new Map<string, number>();
  for (const [name, share, weather] of WEATHERS) {
    const wrong: string[] = [];
    for (let i = 0; i < HISTORIES * share && wrong.length === 0; i += 1) {
      const outcome = randomHistory(FIRST + i, weather);
      for (const [what, count] of outcome.counts) {
        counts.set(what, (counts.get(what) ?? 0) + count);
      }
      if (outcome.findings.length > 0) wrong.push(`${FIRST + i}: ${outcome.findings.join('; ')}`);
    }
    t.strictSame(wrong, [], name);
  }
  for (const what of [...RARE, ...RARER]) t.ok((counts.get(what) ?? 0) > 0, what);
});
