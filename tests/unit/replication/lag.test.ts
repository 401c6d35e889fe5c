/** Who lacks writes for now, and that it is not asked while others can be. */
import t from 'tap';
import { Lag } from '../../../lib/replication/lag.js';
import { ManualClock } from '../fakes.js';
import { LocalCluster } from '../local-cluster.js';
import { nameOf } from '../wire-names.js';

t.test('a node for which hints wait, and this one while they come', async (t) => {
  const clock = new ManualClock();
  const waiting = new Map([['n2', 1]]);
  const lag = new Lag({ self: 'n1', clock, hintsFor: (node) => waiting.get(node) ?? 0 });
  t.strictSame(['n1', 'n2', 'n3'].filter(lag.isBehind), ['n2']);
  waiting.set('n2', 0);
  lag.noteHints();
  t.strictSame(['n1', 'n2', 'n3'].filter(lag.isBehind), ['n1']);
  await clock.advance(1_000);
  t.strictSame(['n1', 'n2', 'n3'].filter(lag.isBehind), []);
});

t.test('reads go to the others until it has its hints', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const asked = new Set<string>();
  // n3 loses the copies, and nothing is delivered to it.
  cluster.network.gate = (from, to, message) => {
    const name = nameOf(message);
    if (name === 'coordination.read') asked.add(`${from} ${to}`);
    return to !== 'n3' || (name !== 'coordination.write' && name !== 'handoff.deliver');
  };
  for (let i = 0; i < 5; i += 1) {
    await cluster.put('n1', `k${i}`, 'x', { timeoutMilliseconds: 100 });
  }
  // Plans follow at the next heartbeat.
  await cluster.clock.advance(1_000);
  t.ok((cluster.node('n1').hints.held.get('n3')?.count ?? 0) > 0);
  asked.clear();
  for (let i = 0; i < 5; i += 1) {
    const { siblings, receipt } = await cluster.get('n1', `k${i}`, { level: 'quorum' });
    t.equal(siblings.length, 1);
    t.equal(receipt.answered, 2);
  }
  t.strictSame([...asked], ['n1 n2']);
  asked.clear();
  await cluster.get('n1', 'k0', { level: 'all' });
  t.strictSame([...asked].sort(), ['n1 n2', 'n1 n3'], 'where the level needs it, it is asked');
});
