/** A record that is gone from the disk of a proposer, which does not know it (K4). */
import t from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';

const STRONG = { level: 'strong' } as const;

/** Two writes under one ballot; then the proposer has the record no more. */
async function stageFor(): Promise<{ cluster: LocalCluster; proposer: string; second: string }> {
  const cluster = await LocalCluster.of();
  await cluster.put('n1', 'k', 'first', STRONG);
  const { version: second } = await cluster.put('n1', 'k', 'second', STRONG);
  await cluster.clock.advance(1000);
  const at = recordKey('default', 'k', 16);
  const proposer = cluster.node('n1').disk.acceptor.promised(at.partition).node;
  const { store, table } = cluster.node(proposer).disk;
  await cluster.wait(store.sync());
  const operations = [{ type: 'delete', key: at.storageKey }] as const;
  await cluster.disks.get(proposer)?.write(operations, { sync: true });
  table.forgetCached(at);
  return { cluster, proposer, second };
}

t.test('what it had chosen is kept, and the loss is found', async (t) => {
  for (const precondition of [undefined, { is: 'absent' }] as const) {
    const { cluster, proposer, second } = await stageFor();
    t.teardown(() => cluster.stop());
    // Its next number would cover the second write, and it does not hold it.
    const put = cluster.put(proposer, 'k', 'third', { ...STRONG, precondition });
    await t.rejects(put, { code: 'outcome_unknown' }, 'another owner decides from here on');
    for (const id of cluster.ids) t.same(await cluster.texts(id, 'k', STRONG), ['second'], id);
    const { replaced } = await cluster.put(proposer, 'k', 'fourth', STRONG);
    t.strictSame(replaced, [second]);
  }
});
