/** Versioning against explicit histories; and each rule left out is noticed. */
import fc from 'fast-check';
import t from 'tap';
import type { Rules, Step } from './explicit-histories.js';
import { ALL_RULES, ExplicitHistories } from './explicit-histories.js';

const choice = fc.nat(11);
const what = fc.constantFrom(0, 0, 1, 2, 3, 4, 4, 4, 5, 6, 6, 7);
const steps: fc.Arbitrary<Step[]> = fc.array(fc.tuple(what, choice, choice, choice), {
  minLength: 4,
  maxLength: 60,
  size: 'max',
});

t.test('live versions are the maxima of the histories merged, on every replica', async (t) => {
  const totals = new Map<string, number>();
  fc.assert(
    fc.property(steps, (steps) => {
      const world = new ExplicitHistories(ALL_RULES);
      const wrong = world.run(steps);
      for (const [name, count] of Object.entries(world.counts)) {
        totals.set(name, (totals.get(name) ?? 0) + count);
      }
      if (wrong !== undefined) throw new Error(wrong);
    }),
    { numRuns: 10_000 },
  );
  for (const [name, count] of totals) t.ok(count > 1_000, `${name}: ${count}`);
});

const without: readonly [string, Partial<Rules>][] = [
  ['a writer that goes on counting after a crash', { writer: 'counts on' }],
  ['a writer that counts again what it forgot', { writer: 'counts again' }],
  ['tokens that cover what their holder has not read', { token: 'vector' }],
  ['tokens that are good for another key', { bound: false }],
  ['clocks that take in contexts', { clock: 'contexts' }],
  ['copies of one version instead of the state', { copies: 'version' }],
];

for (const [name, rule] of without) {
  t.test(`noticed: ${name}`, async (t) => {
    const result = fc.check(
      fc.property(steps, (steps) => {
        return new ExplicitHistories({ ...ALL_RULES, ...rule }).run(steps) === undefined;
      }),
      { numRuns: 2_000, endOnFailure: true },
    );
    t.ok(result.failed, `after ${result.numRuns} histories`);
  });
}
