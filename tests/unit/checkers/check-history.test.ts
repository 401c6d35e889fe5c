/**
 * The checkers together: silent over a store that is right, and each loud over one that is wrong.
 */
import fc from 'fast-check';
import t from 'tap';
import { checkHistory } from '../../../lib/checkers/check-history.js';
import type { Rules } from './model-store.js';
import { anySteps, RIGHT, run } from './model-store.js';

t.test('a store that keeps its promises is never accused', async () => {
  fc.assert(
    fc.property(anySteps, (steps) => checkHistory(run(RIGHT, steps)).length === 0),
    { numRuns: 3000 },
  );
});

const WRONG: readonly { name: string; caughtBy: string; rules: Partial<Rules> }[] = [
  {
    name: 'the last writer wins',
    caughtBy: 'lost writes',
    rules: { write: (_state, added) => [added] },
  },
  {
    name: 'a write forgets another, at random',
    caughtBy: 'lost writes',
    rules: {
      write: (state, added, seen) => RIGHT.write(state.slice(state.length % 2), added, seen),
    },
  },
  {
    name: 'nothing is ever replaced',
    caughtBy: 'dominated siblings',
    rules: { write: (state, added) => [...state, added] },
  },
  {
    name: 'what a writer has seen comes back beside its own',
    caughtBy: 'false siblings',
    rules: {
      write: (state, added, seen) => RIGHT.write(state, added, seen.slice(1)),
    },
  },
  {
    name: 'deletes have no effect',
    caughtBy: 'resurrected',
    rules: {
      write: (state, added, seen) =>
        added.value === undefined ? [...state, added] : RIGHT.write(state, added, seen),
    },
  },
  {
    name: 'reads lag one write behind',
    caughtBy: 'stale reads',
    rules: { read: (states) => states.at(-2) ?? [] },
  },
  {
    name: 'values are torn',
    caughtBy: 'values',
    rules: {
      read: (states) =>
        RIGHT.read(states).map((shown) => ({ ...shown, value: shown.value?.slice(0, -1) })),
    },
  },
  {
    name: 'values never end',
    caughtBy: 'expired values',
    rules: { isOver: () => false },
  },
  {
    name: 'values end before their time',
    caughtBy: 'lost writes',
    rules: { isOver: () => true },
  },
  {
    name: 'replicas go their own ways',
    caughtBy: 'agreement',
    rules: { replicas: () => ['x', 'y', 'z'] },
  },
];

for (const { name, caughtBy, rules } of WRONG) {
  t.test(`control: ${name}`, async (t) => {
    let caught = 0;
    for (const steps of fc.sample(anySteps, { numRuns: 300, seed: 7 })) {
      const findings = checkHistory(run({ ...RIGHT, ...rules }, steps));
      if (findings.some(({ checker }) => checker === caughtBy)) caught += 1;
    }
    t.ok(caught > 0, `${caughtBy}: in ${caught} of 300 histories`);
  });
}
