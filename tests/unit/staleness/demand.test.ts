/** How often other owners are asked what they hold. */
import t from 'tap';
import { FeedDemand } from '../../../lib/staleness/demand.js';

t.test('nobody is asked while nobody wants it', async (t) => {
  t.equal(new FeedDemand().intervalAt(0), undefined);
});

t.test('several times within the age that is allowed, never too often', async (t) => {
  for (const [max, interval] of [
    ...[
      [1, 50],
      [100, 50],
      [299, 50],
      [300, 100],
      [1000, 200],
      [10_000, 3200],
    ],
    ...[[3_600_000, 25_600]],
  ] as const) {
    const demand = new FeedDemand();
    demand.note(max, 0);
    t.equal(demand.intervalAt(0), interval, `${max} ms`);
  }
});

t.test('the shortest that was wanted within a minute', async (t) => {
  const demand = new FeedDemand();
  demand.note(10_000, 0);
  demand.note(100, 10);
  demand.note(10_000, 50_000);
  t.equal(demand.intervalAt(60_010), 50);
  t.equal(demand.intervalAt(60_011), 3200);
  t.equal(demand.intervalAt(110_000), 3200);
  t.equal(demand.intervalAt(110_001), undefined);
});
