/** A mark that outlives the record for which it speaks (K7, K9, K18). */
import t from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';

const STRONG = { level: 'strong' } as const;

t.test('the last acceptance of an acknowledged write outlives a mark without record', async (t) => {
  for (const isNoticed of [true, false]) {
    const cluster = await LocalCluster.of();
    t.teardown(() => cluster.stop());
    const key = cluster.keyOwnedBy(cluster.ids);
    const at = recordKey('default', key, 16);
    await cluster.put('n1', key, 'old', STRONG);
    await cluster.clock.advance(3000);
    const proposer = cluster.node('n1').disk.acceptor.promised(at.partition).node;
    const [accepts = '', away = ''] = cluster.ids.filter((id) => id !== proposer);
    cluster.network.cut(proposer, away);
    await cluster.put(proposer, key, 'new', STRONG);
    // A power cut before it learns.
    await cluster.crash(accepts);
    const { store, table, health } = cluster.node(proposer).disk;
    await cluster.wait(store.sync());
    const operations = [{ type: 'delete', key: at.storageKey }] as const;
    await cluster.disks.get(proposer)?.write(operations, { sync: true });
    table.forgetCached(at);
    if (isNoticed) health.damage(at.partition, 'test');
    await cluster.clock.advance(500);
    await cluster.crash(proposer);
    await cluster.start(proposer);
    await cluster.start(accepts);
    cluster.network.heal();
    await cluster.clock.advance(10_000);
    const { disk } = cluster.node(proposer);
    t.notOk(disk.health.isRebuilding(at.partition), 'the rebuild is over');
    for (const id of [proposer, away, accepts]) {
      t.same(await cluster.texts(id, key, STRONG), ['new'], `noticed: ${isNoticed}, at ${id}`);
    }
    await cluster.crash(proposer);
    await cluster.clock.advance(5_000);
    t.same(await cluster.texts(away, key, STRONG), ['new'], 'the proposer is gone');
  }
});
