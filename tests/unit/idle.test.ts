/** What nodes do that nobody asks anything: as little as they can. */
import t from 'tap';
import { LocalCluster } from './local-cluster.js';

const SECONDS = 30;
/** Of each node: two heartbeats, each with its deadline, and the looks that have no end. */
const TIMERS_A_SECOND = 18;

t.test('a node without clients wakes seldom: what is settled is not looked at again', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  await cluster.put('n1', 'k', 'x', { level: 'all' });
  await cluster.clock.advance(10_000);
  const before = cluster.clock.fired;
  await cluster.clock.advance(SECONDS * 1_000);
  const each = (cluster.clock.fired - before) / SECONDS / cluster.ids.length;
  t.ok(each <= TIMERS_A_SECOND, `${each.toFixed(1)} timers a second`);
});
