/** Stand-ins: hints held for a primary that is away, minted if all are, delivered. */
import t, { type Test } from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { nameOf } from '../wire-names.js';

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

const at = (key: string) => recordKey('default', key, 16);
const storedOn = (cluster: LocalCluster, id: string, key: string): string | undefined =>
  cluster.node(id).replica.read(at(key))?.fingerprint;
const heldFor = (cluster: LocalCluster, target: string): number =>
  [...cluster.nodes.values()].reduce(
    (sum, node) => sum + (node.hints.held.get(target)?.count ?? 0),
    0,
  );

t.test('what a primary missed is held durably, and delivered once it is back', async (t) => {
  const cluster = await clusterFor(t, { nodes: 5 });
  const key = cluster.keyOwnedBy(['n1', 'n2']);
  await cluster.crash('n2');
  const { receipt } = await cluster.put('n1', key, 'held');
  await cluster.clock.advance(50);
  t.ok(receipt.answered >= 2);
  t.equal(heldFor(cluster, 'n2'), 1);
  const holder = cluster.ids.find((id) => cluster.nodes.get(id)?.hints.held.has('n2')) ?? '';
  t.notOk(
    cluster
      .node('n1')
      .cluster.locate('default', key)
      .primaries.some((p) => p.node === holder),
  );
  await cluster.crash(holder);
  await cluster.restart(holder);
  t.equal(heldFor(cluster, 'n2'), 1, 'through a power cut of the holder');
  await cluster.restart('n2');
  await cluster.clock.advance(3_000);
  t.ok(storedOn(cluster, 'n2', key), 'delivered without a read');
  t.equal(heldFor(cluster, 'n2'), 0);
});

t.test('what a primary does not acknowledge is held here, though it seems to be up', async (t) => {
  const cluster = await clusterFor(t);
  const lost = ['coordination.write', 'handoff.deliver'];
  cluster.network.gate = (_from, to, message) => to !== 'n3' || !lost.includes(nameOf(message));
  const { receipt } = await cluster.put('n1', 'key', 'held');
  t.equal(receipt.standIns, 0, 'not known yet');
  await cluster.clock.advance(10_000);
  t.equal(heldFor(cluster, 'n3'), 1);
});

t.test('with three nodes the hint is in the transaction of the write', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.crash('n3');
  const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`);
  for (const key of keys) {
    const { receipt } = await cluster.put('n1', key, key);
    t.equal(receipt.standIns, 1);
  }
  t.equal(heldFor(cluster, 'n3'), 30);
  await cluster.restart('n3');
  await cluster.clock.advance(3_000);
  t.equal(heldFor(cluster, 'n3'), 0);
  t.strictSame(
    keys.filter((key) => storedOn(cluster, 'n3', key) === undefined),
    [],
  );
});

t.test(
  'with all primaries away, any and eventual are held by a stand-in; others refuse',
  async (t) => {
    const cluster = await clusterFor(t, { nodes: 6 });
    const key = cluster.keyOwnedBy(['n1'], false);
    const primaries = cluster.node('n1').cluster.locate('default', key).primaries;
    for (const { node } of primaries) await cluster.crash(node);
    for (const level of ['one', 'quorum', 'all', 'local-one']) {
      const refused = cluster.put('n1', key, 'x', { level });
      await t.rejects(refused, { code: 'level_not_reached', outcome: 'none' }, level);
    }
    const first = await cluster.put('n1', key, '1', { level: 'any' });
    t.strictSame([first.receipt.answered, first.receipt.standIns], [0, 1]);
    const second = await cluster.put('n1', key, '2', { level: 'eventual' });
    t.strictSame(second.replaced, [first.version]);
    t.strictSame(
      await cluster.texts('n1', key, { level: 'eventual' }),
      ['2'],
      'served by stand-ins',
    );
    const other = cluster.ids.find((id) => id !== 'n1' && cluster.nodes.has(id)) ?? '';
    t.strictSame(await cluster.texts(other, key, { level: 'eventual' }), ['2'], 'asked of others');
    await t.rejects(cluster.get('n1', key, { level: 'one' }), { code: 'level_not_reached' });
    const fallen = await cluster.put('n1', key, '3', { fallbacks: ['any'] });
    t.equal(fallen.receipt.level, 'any');
    await cluster.crash('n1');
    await cluster.restart('n1');
    const later = await cluster.put('n1', key, '4', { level: 'any' });
    t.strictSame(later.replaced, [fallen.version], 'a hint is durable before it counts');
    for (const { node } of primaries) await cluster.start(node);
    await cluster.clock.advance(5_000);
    for (const { node } of primaries) t.ok(storedOn(cluster, node, key), node);
    t.strictSame(await cluster.texts('n1', key, { level: 'all' }), ['4']);
    t.equal(heldFor(cluster, primaries[0]?.node ?? ''), 0);
  },
);

t.test('a stand-in whose hints are gone supersedes nothing that it has forgotten', async (t) => {
  const cluster = await clusterFor(t, { nodes: 6 });
  const key = cluster.keyOwnedBy(['n1'], false);
  const primaries = cluster
    .node('n1')
    .cluster.locate('default', key)
    .primaries.map((p) => p.node);
  for (const node of primaries) cluster.network.cut('n1', node);
  const first = await cluster.put('n1', key, 'first', { level: 'any' });
  cluster.network.heal();
  await cluster.clock.advance(5_000);
  t.equal(heldFor(cluster, primaries[0] ?? ''), 0, 'delivered');
  for (const node of primaries) cluster.network.cut('n1', node);
  const second = await cluster.put('n1', key, 'second', { level: 'any' });
  t.strictSame(second.replaced, []);
  t.not(second.version.replace(/\.\d+$/, ''), first.version.replace(/\.\d+$/, ''));
  cluster.network.heal();
  await cluster.clock.advance(5_000);
  t.strictSame(await cluster.texts('n1', key, { level: 'all' }), ['first', 'second']);
});

t.test('a hint that cannot be delivered keeps no other from it', async (t) => {
  const cluster = await clusterFor(t, { limits: { hintBatchSize: 1 } });
  await cluster.crash('n3');
  for (let i = 0; i < 6; i += 1) await cluster.put('n1', `key ${i}`, 'x');
  const [first] = (await cluster.node('n1').hints.page('n3', '', 1)).hints;
  cluster.network.gate = (_from, to, message) =>
    to !== 'n3' ||
    message[2] !== 'handoff.deliver' ||
    (message[6] as { hints: { key: string }[] }).hints[0]?.key !== first?.at.key;
  await cluster.restart('n3');
  await cluster.clock.advance(20_000);
  t.equal(heldFor(cluster, 'n3'), 1, 'the others are there');
  cluster.network.gate = () => true;
  await cluster.clock.advance(10_000);
  t.equal(heldFor(cluster, 'n3'), 0);
});

t.test('a target whose disk has failed is asked once a round, not for every hint', async (t) => {
  const cluster = await clusterFor(t, { limits: { hintBatchSize: 1 } });
  await cluster.crash('n3');
  for (let i = 0; i < 20; i += 1) await cluster.put('n1', `key ${i}`, 'x');
  const disk = cluster.disks.get('n3');
  if (disk === undefined) throw new Error('n3 has a disk');
  let writes = 0;
  cluster.network.gate = (_from, to, message) => {
    if (to === 'n3' && message[2] === 'handoff.deliver') {
      writes += 1;
      if (writes === 1) {
        disk.held = true;
        setImmediate(() => void disk.fail());
      }
    }
    return true;
  };
  await cluster.start('n3');
  await cluster.clock.advance(10_000);
  t.ok(writes > 0 && writes < 60, `${writes} attempts in ten rounds of up to two deliveries`);
});

t.test('hints find their way though flags speak of another ring than the stored one', async (t) => {
  const cluster = await clusterFor(t, { zones: ['x', 'y', 'z'] });
  await cluster.crash('n3');
  await cluster.put('n1', 'k', 'x');
  await cluster.crash('n1');
  const { founders } = cluster.optionsOf('n1');
  await cluster.start('n1', {
    partitionCount: 4_096,
    founders: founders.map((founder) => ({ ...founder, zone: 'moved' })),
  });
  await cluster.restart('n3');
  await cluster.clock.advance(3_000);
  t.equal(heldFor(cluster, 'n3'), 0, 'delivered, and removed');
  t.ok(storedOn(cluster, 'n3', 'k'));
  const { receipt } = await cluster.put('n1', 'k', 'y', { level: 'local-quorum' });
  t.equal(receipt.level, 'local-quorum', 'its zone is that of the ring');
});

t.test('a full quota never fails the write itself', async (t) => {
  const cluster = await clusterFor(t, { limits: { hintsBytesMax: 300 } });
  await cluster.crash('n3');
  for (let i = 0; i < 6; i += 1) {
    const { receipt } = await cluster.put('n1', `key ${i}`, 'x'.repeat(200));
    t.equal(receipt.answered, 2);
  }
  t.ok(heldFor(cluster, 'n3') < 6);
});
