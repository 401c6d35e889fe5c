/** A key at rest costs nothing: of proposals nothing lies beside its record (docs/consensus.md). */
import t from 'tap';
import { PREFIX, rangeOf } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn } from '../wire-names.js';

const STRONG = { level: 'strong' } as const;
const KEYS = Array.from({ length: 20 }, (_, i) => `key-${i}`);
const LIMIT = 1000;

/** By node, how many acceptances, marks and records it stores. */
async function stored(cluster: LocalCluster) {
  const rows = cluster.ids.map(async (id) => {
    const disk = cluster.disks.get(id);
    const countOf = async (prefix: string): Promise<number> => {
      return (await disk?.range({ ...rangeOf(prefix), limit: LIMIT }))?.length ?? -1;
    };
    const [acceptances, marks] = [countOf(PREFIX.acceptance), countOf(PREFIX.mark)];
    return {
      acceptances: await acceptances,
      marks: await marks,
      records: await countOf(PREFIX.record),
    };
  });
  return Promise.all(rows);
}

const AT_REST = { acceptances: 0, marks: 0 };

async function rest(cluster: LocalCluster): Promise<void> {
  for (let step = 0; step < 60; step += 1) await cluster.clock.advance(5000);
}

t.test(
  'puts, overwrites and comparisons through all nodes leave their records alone',
  async (t) => {
    const cluster = await LocalCluster.of();
    t.teardown(() => cluster.stop());
    for (const [i, key] of KEYS.entries()) {
      const coordinator = cluster.ids[i % 3] ?? '';
      await cluster.put(coordinator, key, 'first', STRONG);
      await cluster.put(cluster.ids[(i + 1) % 3] ?? '', key, 'second', STRONG);
      const change = { state: 'tombstone' } as const;
      if (i % 4 === 0) await cluster.put(coordinator, key, '', { ...STRONG, change });
    }
    await rest(cluster);
    for (const row of await stored(cluster)) {
      t.match(row, AT_REST);
      t.ok(row.records >= KEYS.length, 'they are there');
    }
  },
);

t.test('nor what a proposer leaves that dies before it was learned, once it is back', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  const [key = ''] = KEYS;
  const [first = ''] = cluster.ids;
  await cluster.put(first, key, 'before', STRONG);
  const { partition } = cluster.node(first).cluster.locate('default', key);
  const proposer = cluster.node(first).disk.acceptor.promised(partition).node;
  cluster.network.gate = (_, __, message) => {
    return acceptorRequestsIn(message).every(({ is }) => is !== 'learn');
  };
  await cluster.put(proposer, key, 'accepted', STRONG);
  await cluster.crash(proposer);
  cluster.network.gate = () => true;
  const left = (await stored(cluster)).reduce((sum, { acceptances }) => sum + acceptances, 0);
  t.ok(left > 0, 'what was accepted lies beside the record until it is learned');
  await cluster.clock.advance(5000);
  await cluster.restart(proposer);
  await rest(cluster);
  for (const row of await stored(cluster)) t.match(row, AT_REST);
  t.same(await cluster.texts(first, key, STRONG), ['accepted']);
});
