/** The log of recent dots beside a naive one, with questions at any time between. */
import fc from 'fast-check';
import t from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { RecentDots } from '../../../lib/persistence/recent-dots.js';

t.test('the last dots are found, as many as it keeps, and no others', async (t) => {
  const steps = fc.array(fc.record({ asks: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 8 }), (steps, countMax) => {
      const recent = new RecentDots(countMax);
      const dot = (n: number) => ({ writer: `w${n % 2}`, n });
      return steps.every(({ asks }, n) => {
        recent.add(dot(n), recordKey('default', `k${n}`, 4));
        if (!asks) return true;
        return Array.from({ length: n + 1 }, (_, i) => i).every((i) => {
          const found = recent.keyOf(dot(i))?.key;
          return found === (i >= n + 1 - countMax ? `k${i}` : undefined);
        });
      });
    }),
    { numRuns: 2_000 },
  );
  t.pass('2,000 logs');
});
