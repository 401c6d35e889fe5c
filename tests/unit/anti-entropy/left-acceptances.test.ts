/** Acceptances that nobody would ever learn: a message got lost, and nobody asks for the key. */
import t from 'tap';
import { LeftAcceptances } from '../../../lib/anti-entropy/left-acceptances.js';
import { type RecordKey, recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn } from '../wire-names.js';

const PARTITIONS = 16;
const STRONG = { level: 'strong' } as const;
const at = (key: string): RecordKey => recordKey('default', key, PARTITIONS);

t.test('only what was there in the last pass is settled, some of it in each', async (t) => {
  let accepted: RecordKey[] = [];
  const settled: string[] = [];
  const left = new LeftAcceptances({
    accepted: () => accepted,
    settle: async ({ key }) => void settled.push(key),
  });
  accepted = [at('a'), at('b')];
  await left.pass();
  t.strictSame(settled, [], 'they may be on their way');
  accepted = [at('b'), at('c')];
  await left.pass();
  t.strictSame(settled.splice(0), ['b']);
  accepted = Array.from({ length: 300 }, (_, n) => at(`k${n}`));
  await left.pass();
  await left.pass();
  t.equal(settled.length, 100);
});

t.test('what was never sent to an owner it learns some time later, unasked', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  await cluster.put('n1', 'k', 'a', STRONG);
  await cluster.clock.advance(1000);
  const place = recordKey('default', 'k', PARTITIONS);
  const { node: proposer } = cluster.node('n1').disk.acceptor.promised(place.partition);
  const [near = '', far = ''] = cluster.ids.filter((id) => id !== proposer);
  let isLost = false;
  cluster.network.gate = (_, to, message) => {
    if (to !== far || acceptorRequestsIn(message).every(({ is }) => is !== 'learn')) return true;
    isLost = true;
    return false;
  };
  await cluster.put(proposer, 'k', 'b', STRONG);
  await cluster.clock.advance(1000);
  cluster.network.gate = () => true;
  t.ok(isLost);
  const isOpen = (id: string): boolean => cluster.node(id).disk.acceptor.hasAcceptance(place);
  t.strictSame([proposer, near, far].filter(isOpen), [far]);
  await cluster.clock.advance(120_000);
  t.strictSame(cluster.ids.filter(isOpen), []);
});
