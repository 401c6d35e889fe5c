/** The log of recent dots beside a naive one, with questions at any time between. */
import fc from 'fast-check';
import t from 'tap';
import { RecentDots } from '../../../lib/persistence/recent-dots.js';
import { recordKeyIn } from '../../../lib/persistence/records.js';

interface Step {
  readonly partition: number;
  readonly asks: boolean;
}

t.test('the last dots are found, as many as it keeps, and no others', async (t) => {
  const steps = fc.array(
    fc.record({ partition: fc.integer({ min: 0, max: 2 }), asks: fc.boolean() }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 8 }), (steps: Step[], countMax) => {
      const recent = new RecentDots(countMax);
      const added: { partition: number; n: number }[] = [];
      return steps.every(({ partition, asks }, n) => {
        recent.add({ writer: 'w', n }, recordKeyIn(partition, 'default', `k${n}`));
        added.push({ partition, n });
        if (!asks) return true;
        return added.every((one, i) => {
          const found = recent.keyOf(one.partition, { writer: 'w', n: one.n })?.key;
          return found === (i >= added.length - countMax ? `k${one.n}` : undefined);
        });
      });
    }),
    { numRuns: 2_000 },
  );
  t.pass('2,000 logs');
});
