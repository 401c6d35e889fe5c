/** Numbers that nothing has reach all owners with what is learned (docs/consensus.md, K23). */
import t from 'tap';
import type { NodeId } from '../../../lib/environment/transport.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';

const AT = recordKey('default', 'k', 16);
const WRITER = 'n1.1.0123456789ab';
/** Two of the three owners accept a write first; by then the third has it, too. */
const LEARNED_MILLISECONDS = 1_000;

const onceOf = (count: number) => ({
  dot: { writer: WRITER, n: 2 * count - 1 },
  end: { writer: WRITER, n: 2 * count },
});

function exchangesOf(cluster: LocalCluster, id: NodeId): string[] {
  const counts = cluster.observers.get(id)?.counts ?? new Map<string, number>();
  return [...counts.keys()].filter((name) => name === 'quorate_exchanges_total different');
}

async function clusterWithProposer(): Promise<{ cluster: LocalCluster; proposer: NodeId }> {
  const cluster = await LocalCluster.of({ limits: { exchangeIntervalMilliseconds: 1_000_000 } });
  await cluster.put('n1', 'k', 'old', { level: 'strong' });
  await cluster.clock.advance(LEARNED_MILLISECONDS);
  return { cluster, proposer: cluster.node('n1').disk.acceptor.promised(AT.partition).node };
}

t.test('no owner has a hole where a keyed write has its second number', async (t) => {
  const { cluster, proposer } = await clusterWithProposer();
  for (let count = 1; count <= 5; count += 1) {
    await cluster.put(proposer, 'k', `${count}`, { once: onceOf(count) });
  }
  await cluster.clock.advance(LEARNED_MILLISECONDS);
  for (const id of cluster.ids) {
    const entry = cluster.node(id).disk.clocks.of(AT.partition).entryOf(WRITER);
    t.strictSame(entry, [WRITER, 10, []], id);
    t.strictSame(exchangesOf(cluster, id), [], `${id}: without an exchange`);
  }
  await cluster.stop();
});

t.test('of what was refused no owner lacks either number', async (t) => {
  const { cluster, proposer } = await clusterWithProposer();
  const refused = { once: onceOf(1), precondition: { is: 'absent' } } as const;
  await t.rejects(cluster.put(proposer, 'k', 'v', refused), { code: 'precondition_failed' });
  await cluster.clock.advance(LEARNED_MILLISECONDS);
  for (const id of cluster.ids) {
    t.strictSame(cluster.node(id).disk.clocks.of(AT.partition).entryOf(WRITER), [WRITER, 2, []]);
  }
  await t.rejects(cluster.put(proposer, 'k', 'v', { once: onceOf(1) }), {
    code: 'operation_ended',
  });
  await cluster.stop();
});
