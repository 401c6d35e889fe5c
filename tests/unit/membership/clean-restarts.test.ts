/**
 * Many clean restarts of nodes that write a key: its context keeps a few entries. In a cluster of
 * three a thousand nodes are started again: 400 alone, and three together 200 times.
 */
import t, { type Test } from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';

const PARTITIONS = 16;
const KEY = recordKey('default', 'k', PARTITIONS);

async function clusterOf(t: Test, nodes: number): Promise<LocalCluster> {
  const cluster = await LocalCluster.of({ nodes, replicas: Math.min(3, nodes) });
  t.teardown(() => cluster.stop());
  return cluster;
}

/** Entries of the context of the key, as a node holds it. */
function entriesAt(cluster: LocalCluster, id: string): string[] {
  const record = cluster.node(id).replica.read(KEY);
  return [...(record?.siblings.context.vector.keys() ?? [])];
}

async function stopTogether(cluster: LocalCluster): Promise<void> {
  await cluster.wait(Promise.all(cluster.ids.map((id) => cluster.node(id).stop())));
  for (const id of cluster.ids) await cluster.crash(id);
}

async function startTogether(cluster: LocalCluster): Promise<void> {
  const nodes = [];
  for (const id of cluster.ids) nodes.push(await cluster.start(id));
  await cluster.wait(Promise.all(nodes.map((node) => node.ready())));
}

async function putEverywhere(cluster: LocalCluster, text: string): Promise<void> {
  for (const id of cluster.ids) await cluster.put(id, 'k', text);
}

t.test('clean restarts of a node that is alone', async (t) => {
  const cluster = await clusterOf(t, 1);
  for (let i = 0; i < 100; i += 1) {
    await cluster.put('n1', 'k', `${i}`);
    await cluster.stopCleanly('n1');
    await cluster.restart('n1');
  }
  t.equal(entriesAt(cluster, 'n1').length, 1);
});

t.test('clean restarts, one node after the other', async (t) => {
  const cluster = await clusterOf(t, 3);
  for (let i = 0; i < 400; i += 1) {
    const id = cluster.ids[i % 3] ?? '';
    await putEverywhere(cluster, `${i}`);
    await cluster.stopCleanly(id);
    await cluster.restart(id);
  }
  await putEverywhere(cluster, 'the end');
  t.ok(entriesAt(cluster, 'n1').length <= 3, entriesAt(cluster, 'n1').join(' '));
});

t.test('clean restarts of all nodes at once', async (t) => {
  const cluster = await clusterOf(t, 3);
  for (let i = 0; i < 200; i += 1) {
    await putEverywhere(cluster, `${i}`);
    await stopTogether(cluster);
    await startTogether(cluster);
  }
  await putEverywhere(cluster, 'the end');
  t.ok(entriesAt(cluster, 'n1').length <= 3, entriesAt(cluster, 'n1').join(' '));
});
