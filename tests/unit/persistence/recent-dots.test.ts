/** The log of recent dots beside a naive one, with questions at any time between. */
import fc from 'fast-check';
import t from 'tap';
import { RecentDots } from '../../../lib/persistence/recent-dots.js';

t.test('the last dots are found, as many as it keeps, and no others', async (t) => {
  const steps = fc.array(fc.record({ asks: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 8 }), (steps, countMax) => {
      const recent = new RecentDots(countMax);
      const dot = (n: number) => ({ writer: `w${n % 2}`, n });
      return steps.every(({ asks }, n) => {
        recent.add(dot(n), `k${n}`);
        if (!asks) return true;
        return Array.from({ length: n + 1 }, (_, i) => i).every((i) => {
          const found = recent.storageKeyOf(dot(i));
          return found === (i >= n + 1 - countMax ? `k${i}` : undefined);
        });
      });
    }),
    { numRuns: 2_000 },
  );
  t.pass('2,000 logs');
});

t.test('long keys leave room for fewer', async (t) => {
  const recent = new RecentDots(4);
  const dot = (n: number) => ({ writer: 'w', n });
  const long = (n: number): string => `${n}`.padEnd(200, 'x');
  for (let n = 1; n <= 4; n += 1) recent.add(dot(n), long(n));
  t.strictSame(
    [1, 2, 3, 4].map((n) => recent.storageKeyOf(dot(n))),
    [undefined, undefined, long(3), long(4)],
  );
  recent.add(dot(5), 'x'.repeat(600));
  t.equal(recent.storageKeyOf(dot(5)), undefined, 'none but as many characters as it may hold');
  t.equal(recent.storageKeyOf(dot(4)), undefined);
  for (let n = 6; n <= 10; n += 1) recent.add(dot(n), `k${n}`);
  t.strictSame(
    [6, 7, 8, 9, 10].map((n) => recent.storageKeyOf(dot(n))),
    [undefined, 'k7', 'k8', 'k9', 'k10'],
  );
});
