/** Clean restarts: the writers of a node live on, once, and only where its disk is what it was. */
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

/** What n3 minted last on the key, as text; n3 is the one that mints. */
async function mintAt3(cluster: LocalCluster): Promise<string> {
  const { version } = await cluster.put('n3', 'k', 'x', { level: 'one' });
  return version;
}

const writerOf = (version: string): string => version.slice(0, version.lastIndexOf('.'));

const used = (cluster: LocalCluster, id: string): number =>
  cluster.observers.get(id)?.counts.get('quorate_tickets_total used') ?? 0;

/** Peers that have forgotten what they knew of the disks of the others. */
async function forgetDisks(cluster: LocalCluster): Promise<void> {
  for (const id of ['n1', 'n2']) {
    await cluster.crash(id);
    await cluster.disks.get(id)?.write([{ type: 'delete', key: 'm/disks' }], { sync: true });
    await cluster.restart(id);
  }
}

t.test('a crash leaves no ticket, and a ticket serves one life', async (t) => {
  const cluster = await clusterOf(t, 3);
  const minted = new Set<string>();
  const writer = async (): Promise<string> => {
    const version = await mintAt3(cluster);
    t.notOk(minted.has(version), version);
    minted.add(version);
    return writerOf(version);
  };
  const first = await writer();
  await cluster.stopCleanly('n3');
  const copy = await cluster.copyOfDisk('n3');
  await cluster.restart('n3');
  t.equal(used(cluster, 'n3'), 1);
  t.equal(await writer(), first);
  await cluster.crash('n3');
  await cluster.restart('n3');
  t.equal(used(cluster, 'n3'), 0);
  t.not(await writer(), first, 'after a crash');
  // The disk of the clean stop comes back, and nobody knows that it is old.
  await cluster.crash('n3');
  await forgetDisks(cluster);
  cluster.disks.set('n3', copy);
  await cluster.restart('n3');
  t.equal(used(cluster, 'n3'), 0);
  t.not(await writer(), first, 'the ticket was used before');
});

t.test('a disk that was rolled back is noticed before its ticket counts', async (t) => {
  const cluster = await clusterOf(t, 3);
  const first = await mintAt3(cluster);
  await cluster.stopCleanly('n3');
  const copy = await cluster.copyOfDisk('n3');
  await cluster.restart('n3');
  await mintAt3(cluster);
  await cluster.clock.advance(1_000);
  await cluster.stopCleanly('n3');
  cluster.disks.set('n3', copy);
  await cluster.restart('n3');
  t.equal(used(cluster, 'n3'), 0);
  await cluster.clock.advance(30_000);
  const last = await mintAt3(cluster);
  t.not(writerOf(last), writerOf(first));
});

t.test('a voter gives a ticket out once that is durable', async (t) => {
  const cluster = await clusterOf(t, 3);
  await mintAt3(cluster);
  await cluster.stopCleanly('n3');
  for (const id of ['n1', 'n2']) {
    const disk = cluster.disks.get(id);
    if (disk !== undefined) disk.held = true;
  }
  await cluster.start('n3');
  await cluster.clock.advance(800);
  t.equal(used(cluster, 'n3'), 0);
  for (const id of ['n1', 'n2']) {
    const disk = cluster.disks.get(id);
    if (disk !== undefined) disk.held = false;
    while ((disk?.waiting.length ?? 0) > 0) await disk?.release();
  }
  await cluster.clock.advance(200);
  t.equal(used(cluster, 'n3'), 1);
});

t.test('with the voters away a start waits a second; later their answer counts', async (t) => {
  const cluster = await clusterOf(t, 3);
  const before = await mintAt3(cluster);
  await cluster.stopCleanly('n3');
  cluster.network.cut('n3', 'n1');
  cluster.network.cut('n3', 'n2');
  const since = cluster.clock.monotonicMilliseconds();
  const node = await cluster.start('n3');
  await t.rejects(cluster.put('n3', 'k', 'x', { level: 'one' }), { code: 'not_ready' });
  await cluster.wait(node.ready());
  const waited = cluster.clock.monotonicMilliseconds() - since;
  t.ok(waited >= 900 && waited <= 1_500, `${waited} ms`);
  const meanwhile = await mintAt3(cluster);
  t.not(writerOf(meanwhile), writerOf(before));
  cluster.network.heal();
  await cluster.clock.advance(2_000);
  t.equal(used(cluster, 'n3'), 1);
  const entries = entriesAt(cluster, 'n3').length;
  await mintAt3(cluster);
  t.equal(entriesAt(cluster, 'n3').length, entries);
});

t.test('a life that could ask nobody and minted nothing leaves the ticket as it was', async (t) => {
  const cluster = await clusterOf(t, 3);
  await mintAt3(cluster);
  await cluster.stopCleanly('n3');
  cluster.network.cut('n3', 'n1');
  cluster.network.cut('n3', 'n2');
  await cluster.restart('n3');
  await cluster.stopCleanly('n3');
  cluster.network.heal();
  await cluster.restart('n3');
  t.equal(used(cluster, 'n3'), 1);
});

t.test('what was damaged in such a life is in its ticket no more', async (t) => {
  const damages: readonly (readonly [string, (cluster: LocalCluster) => void])[] = [
    ['a partition', (cluster) => cluster.node('n3').disk.health.damage(KEY.partition, 'a test')],
    ['all', (cluster) => cluster.node('n3').disk.minter.renewAll()],
  ];
  for (const [name, damage] of damages) {
    const cluster = await clusterOf(t, 3);
    const first = await mintAt3(cluster);
    await cluster.stopCleanly('n3');
    cluster.network.cut('n3', 'n1');
    cluster.network.cut('n3', 'n2');
    await cluster.restart('n3');
    damage(cluster);
    await cluster.clock.advance(1000);
    await cluster.stopCleanly('n3');
    cluster.network.heal();
    await cluster.restart('n3');
    await cluster.clock.advance(10_000);
    t.not(writerOf(await mintAt3(cluster)), writerOf(first), name);
  }
});

t.test('a voter is asked once it has said what it remembers of the disk', async (t) => {
  const cluster = await clusterOf(t, 3);
  await mintAt3(cluster);
  await cluster.stopCleanly('n3');
  const asked: unknown[] = [];
  cluster.network.gate = (from, _, [, , type]) => {
    if (from === 'n3' && type === 'membership.take-ticket') asked.push(type);
    return !(from === 'n3' && type === 'membership.disk');
  };
  await cluster.start('n3');
  await cluster.clock.advance(600);
  t.strictSame(asked, []);
  t.equal(used(cluster, 'n3'), 0);
  cluster.network.gate = () => true;
  await cluster.wait(cluster.node('n3').ready());
  await cluster.clock.advance(2_000);
  t.equal(used(cluster, 'n3'), 1);
});
