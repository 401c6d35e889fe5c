/** Sums since the page was opened: of nodes that are gone, that began anew, that came later. */
import t from 'tap';
import { addedUp, gainOf, type Reading } from '../../../lib/admin-page/logic/gained.js';
import { sumBy } from '../../../lib/admin-page/logic/metrics.js';

const NAME = 'quorate_requests_total';
/** @param at seconds */
const reading = (
  at: number,
  uptime: number,
  counts: Readonly<Record<string, number>>,
): Reading => ({
  at: 1000 * at,
  samples: [
    { name: 'quorate_uptime_seconds', labels: {}, value: uptime },
    ...Object.entries(counts).map(([result, value]) => ({ name: NAME, labels: { result }, value })),
  ],
});
/** Of one node, all that it gained; the page is opened at 100 s. */
const summed = (...readings: readonly Reading[]): Record<string, number> => {
  const gains = readings.map(
    (after, i) => gainOf(i === 0 ? undefined : readings[i - 1], after, 100_000).samples,
  );
  return Object.fromEntries(sumBy(addedUp(gains), NAME, ({ result }) => result));
};

t.test('what a node counted before the page was opened is no gain', async (t) => {
  t.same(summed(reading(101, 50, { ok: 7 })), {});
  t.same(summed(reading(101, 50, { ok: 7 }), reading(103, 52, { ok: 9 })), { ok: 2 });
});

t.test('a code that comes up for the first time counts from nothing', async (t) => {
  t.same(summed(reading(101, 50, { ok: 7 }), reading(103, 52, { ok: 7, timeout: 3 })), {
    ok: 0,
    timeout: 3,
  });
});

t.test('a start that began while the page looked counts whole', async (t) => {
  const first = reading(101, 50, { ok: 7 });
  t.same(summed(first, reading(103, 52, { ok: 9 }), reading(130, 4, { ok: 30 })), { ok: 32 });
  t.same(summed(reading(140, 5, { ok: 4 })), { ok: 4 }, 'also one that was never read before');
  const { seconds } = gainOf(first, reading(130, 4, { ok: 30 }), 100_000);
  t.equal(seconds, 4, 'its rate is over the time that it serves');
});

t.test('a node that was silent for a while goes on from where it was', async (t) => {
  const [before, after] = [reading(101, 50, { ok: 7 }), reading(111, 60, { ok: 27 })];
  t.same(summed(before, after), { ok: 20 });
  t.equal(gainOf(before, after, 100_000).seconds, 10);
});

t.test('what was gained stays when a node is gone: sums only grow', async (t) => {
  const of = (value: number) => ({ name: NAME, labels: { result: 'ok' }, value });
  t.same(addedUp([[of(3)], [], [of(4)]]), [of(7)]);
});
