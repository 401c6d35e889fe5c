/** Disks that are older than their node: noticed before it serves, or when it meets who knows. */
import t, { type Test } from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';

const DAMAGED = 'a partition is damaged and will be rebuilt';

async function clusterOf(t: Test): Promise<LocalCluster> {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  return cluster;
}

function isAccused(cluster: LocalCluster, id: string): boolean {
  return cluster.observers.get(id)?.events.includes(DAMAGED) === true;
}

async function startOf(cluster: LocalCluster, id: string): Promise<number | undefined> {
  const { nodes } = await cluster.wait(cluster.node(id).cluster.status());
  return nodes.find((node) => node.id === id)?.report?.start;
}

/** The disk of n3 as it was, and as it is after writes that the others know of. */
async function rollBack(cluster: LocalCluster): Promise<void> {
  const copy = await cluster.copyOfDisk('n3');
  for (let i = 0; i < 5; i += 1) await cluster.put('n1', `k${i}`, 'x', { level: 'all' });
  await cluster.clock.advance(1_000);
  await cluster.crash('n3');
  cluster.disks.set('n3', copy);
}

t.test('a clean restart and a crash accuse nobody', async (t) => {
  const cluster = await clusterOf(t);
  for (const id of cluster.ids) {
    await cluster.put('n1', 'k', id, { level: 'all' });
    await cluster.crash(id);
    await cluster.restart(id);
    await cluster.stopCleanly(id);
    await cluster.restart(id);
    t.notOk(isAccused(cluster, id), id);
    t.equal(await startOf(cluster, id), 3);
  }
});

t.test('a disk that was rolled back is noticed before its node serves', async (t) => {
  const cluster = await clusterOf(t);
  await rollBack(cluster);
  const node = await cluster.start('n3');
  await t.rejects(cluster.get('n3', 'k1'), { code: 'not_ready', outcome: 'none' });
  await cluster.wait(node.ready());
  t.ok(isAccused(cluster, 'n3'));
  const start = (await startOf(cluster, 'n3')) ?? 0;
  t.ok(start > 1, 'above all that the peers have heard of');
  await cluster.crash('n3');
  await cluster.restart('n3');
  t.notOk(isAccused(cluster, 'n3'), 'its numbers are right again');
  t.ok(((await startOf(cluster, 'n3')) ?? 0) > start);
});

t.test('with nobody to ask it serves, and learns it from the first peer it meets', async (t) => {
  const cluster = await clusterOf(t);
  await rollBack(cluster);
  cluster.network.cut('n3', 'n1');
  cluster.network.cut('n3', 'n2');
  const node = await cluster.start('n3');
  await cluster.wait(node.ready());
  t.notOk(isAccused(cluster, 'n3'));
  // What it commits meanwhile, and how often it starts, must not hide what it lacks.
  for (let i = 0; i < 20; i += 1) await cluster.put('n3', 'own', `${i}`, { level: 'one' });
  await cluster.stopCleanly('n3');
  await cluster.restart('n3');
  t.notOk(isAccused(cluster, 'n3'));
  cluster.network.heal();
  await cluster.clock.advance(1_000);
  t.ok(isAccused(cluster, 'n3'));
  t.strictSame(await cluster.texts('n3', 'own', { level: 'one' }), ['19'], 'what it holds stays');
});

t.test('a peer that has proven itself is waited for, up to a bound', async (t) => {
  const cluster = await clusterOf(t);
  await cluster.crash('n3');
  cluster.network.cut('n3', 'n1');
  cluster.network.cut('n3', 'n2');
  const isReady = (): boolean => cluster.node('n3').cluster.readiness(undefined).ready;
  await cluster.start('n3');
  await cluster.clock.advance(1_000);
  t.ok(isReady(), 'peers that are away hold up nothing');
  await cluster.crash('n3');
  cluster.network.awaitsVerdict = (from, of) => from === 'n3' && of === 'n1';
  await cluster.start('n3');
  await cluster.clock.advance(2_500);
  t.notOk(isReady(), 'n1 may be asking another node of this id');
  await cluster.clock.advance(1_000);
  t.ok(isReady(), 'n1 says nothing');
  await cluster.crash('n3');
  await cluster.start('n3');
  await cluster.clock.advance(1_000);
  t.notOk(isReady());
  cluster.network.awaitsVerdict = () => false;
  await cluster.clock.advance(500);
  t.ok(isReady(), 'the handshake has ended without a link');
});

t.test('a peer that was not met is served nothing, and sent no numbers', async (t) => {
  const cluster = await clusterOf(t);
  await rollBack(cluster);
  const replies: unknown[] = [];
  cluster.network.gate = (from, to, message) => {
    if (from === 'n3' && message[0] === 1 && to === 'n1') replies.push(message[2]);
    // The question reaches n1 and n2, and no answer comes back.
    return !(from === 'n3' && message[2] === 'membership.disk');
  };
  await cluster.start('n3');
  await cluster.clock.advance(3_000);
  t.ok(replies.length > 0);
  t.strictSame(
    new Set(replies.map((reply) => (reply as { start?: number }).start ?? 0)),
    new Set([0]),
  );
  t.notOk(isAccused(cluster, 'n3'));
  cluster.network.gate = () => true;
  await cluster.wait(cluster.node('n3').ready());
  t.ok(isAccused(cluster, 'n3'));
});

t.test('a crash between the damage and the numbers repeats both', async (t) => {
  const cluster = await clusterOf(t);
  await rollBack(cluster);
  await cluster.start('n3');
  const disk = cluster.disks.get('n3');
  if (disk !== undefined) disk.held = true;
  await cluster.clock.advance(600);
  t.ok(isAccused(cluster, 'n3'));
  await cluster.crash('n3');
  await cluster.restart('n3');
  t.ok(isAccused(cluster, 'n3'));
});

t.test('what a peer remembers outlives its own crash', async (t) => {
  const cluster = await clusterOf(t);
  await rollBack(cluster);
  await cluster.clock.advance(2_500);
  for (const id of ['n1', 'n2']) {
    await cluster.stopCleanly(id);
    await cluster.restart(id);
  }
  await cluster.restart('n3');
  t.ok(isAccused(cluster, 'n3'));
});

t.test('a damaged identity or commit number: the peers know', async (t) => {
  for (const key of ['m/node', 'm/commit']) {
    const cluster = await clusterOf(t);
    await cluster.put('n1', 'k', 'x', { level: 'all' });
    await cluster.clock.advance(1_000);
    await cluster.crash('n3');
    await cluster.spoil('n3', key);
    await cluster.restart('n3');
    t.ok(isAccused(cluster, 'n3'), key);
    t.ok(((await startOf(cluster, 'n3')) ?? 0) > 1, key);
  }
});

t.test('an identity that the engine has lost, beside what an earlier life has noted', async (t) => {
  const cluster = await clusterOf(t);
  await cluster.put('n1', 'k', 'x', { level: 'all' });
  await cluster.clock.advance(1_000);
  await cluster.crash('n3');
  // A life that meets nobody notes its start number for when it does.
  for (const id of ['n1', 'n2']) cluster.network.cut('n3', id);
  await cluster.start('n3');
  await cluster.clock.advance(2_000);
  await cluster.crash('n3');
  await cluster.disks.get('n3')?.write([{ type: 'delete', key: 'm/node' }], { sync: true });
  cluster.network.heal();
  await cluster.restart('n3');
  t.ok(isAccused(cluster, 'n3'));
  t.ok(((await startOf(cluster, 'n3')) ?? 0) > 2, 'above all that the peers have heard of');
});

t.test('a damaged identity without peers is refused', async (t) => {
  const cluster = await LocalCluster.of({ nodes: 1, replicas: 1 });
  await cluster.crash('n1');
  await cluster.spoil('n1', 'm/node');
  await t.rejects(cluster.start('n1'), { code: 'founding_refused' });
  await t.rejects(cluster.start('n1'), { code: 'founding_refused' }, 'also the next time');
});

t.test('a damaged ring is one that the peers serve; damaged settings merge again', async (t) => {
  const cluster = await clusterOf(t);
  const change = { ifMatch: undefined, dryRun: false, by: 'test' };
  const { settings } = cluster.node('n1');
  await cluster.wait(settings.change({ default_level: 'one' }, change));
  await cluster.crash('n3');
  await cluster.spoil('n3', 'm/ring');
  await cluster.spoil('n3', 'm/settings');
  await cluster.restart('n3');
  t.ok(isAccused(cluster, 'n3'));
  await cluster.put('n1', 'k', 'x');
  await cluster.clock.advance(1_000);
  t.equal(cluster.node('n3').settings.current().settings.default_level, 'one');
});

t.test('whatever was damaged is rebuilt from the others', async (t) => {
  const cluster = await clusterOf(t);
  await rollBack(cluster);
  await cluster.restart('n3');
  await t.rejects(cluster.put('n1', 'k', 'x', { level: 'all' }), 'it vouches for nothing yet');
  await cluster.clock.advance(30_000);
  t.strictSame(cluster.node('n3').disk.health.rebuilding, []);
  for (let i = 0; i < 5; i += 1) {
    const { siblings } = await cluster.get('n3', `k${i}`, { level: 'all' });
    t.equal(siblings.length, 1);
  }
  await cluster.put('n1', 'k', 'y', { level: 'all' });
});

t.test('an engine that was repaired', async (t) => {
  const cluster = await clusterOf(t);
  await cluster.crash('n3');
  cluster.disks.get('n3')?.wound('a file was missing');
  await cluster.restart('n3');
  t.ok(isAccused(cluster, 'n3'));
  t.equal(cluster.disks.get('n3')?.repair, undefined, 'noted, once the damage is on record');
  await cluster.crash('n3');
  await cluster.restart('n3');
  t.notOk(isAccused(cluster, 'n3'));
});

t.test('a disk from before an announced loss is old, whatever the heartbeats said', async (t) => {
  const cluster = await clusterOf(t);
  await cluster.put('n1', 'k', 'x', { level: 'all' });
  await cluster.clock.advance(1_000);
  await cluster.crash('n3');
  const { losses } = cluster.node('n1').disk;
  const { partition } = recordKey('default', 'k', 16);
  losses.learn([[partition, 'n3', 7]]);
  await cluster.restart('n3');
  t.ok(isAccused(cluster, 'n3'));
  t.ok(((await startOf(cluster, 'n3')) ?? 0) >= 7, 'what it says from now on counts');
  await cluster.clock.advance(20_000);
  t.strictSame(await cluster.texts('n1', 'k', { level: 'all' }), ['x']);
});

t.test('a full queue puts the record of a rollback off, and no more', async (t) => {
  const cluster = await LocalCluster.of({ limits: { storageQueueBytesMax: 2_000 } });
  t.teardown(() => cluster.stop());
  await rollBack(cluster);
  for (const id of ['n1', 'n2']) cluster.network.cut('n3', id);
  await cluster.restart('n3');
  const disk = cluster.disks.get('n3');
  if (disk === undefined) throw new Error('n3 has no disk');
  disk.held = true;
  const brief = { level: 'one', timeoutMilliseconds: 500 } as const;
  await t.rejects(cluster.put('n3', 'own', 'x'.repeat(3_000), brief));
  cluster.network.heal();
  await cluster.clock.advance(1_000);
  t.ok(isAccused(cluster, 'n3'));
  const { health } = cluster.node('n3').disk;
  t.not(health.rebuilding.length, 0);
  // Else a crash would find right numbers, and no damage.
  await t.rejects(health.recordDamage(), { code: 'overloaded' }, 'it is not on record');

  disk.held = false;
  while (disk.waiting.length > 0) await disk.release();
  await cluster.clock.advance(30_000);
  t.strictSame(health.rebuilding, []);
  await cluster.put('n1', 'k1', 'y', { level: 'all' });
  t.strictSame(await cluster.texts('n3', 'k1', { level: 'one' }), ['y']);
});

t.test('a loss that was announced in this life is no memory of an earlier one', async (t) => {
  const cluster = await LocalCluster.of({ nodes: 4 });
  t.teardown(() => cluster.stop());
  const key = cluster.keyOwnedBy(['n4'], false);
  const { partition } = recordKey('default', key, 16);
  await cluster.put('n2', key, 'v', { level: 'all' });
  await cluster.clock.advance(3_000);
  cluster.network.cut('n1', 'n4');
  await cluster.stopCleanly('n1');
  await cluster.restart('n1');
  const { health } = cluster.node('n1').disk;
  health.damage(partition, 'one bad record');
  await cluster.clock.advance(30_000);
  t.strictSame(health.rebuilding, []);
  // Its answers name the loss, and n4 learns of it before it was met.
  t.strictSame(await cluster.texts('n4', key), ['v']);
  cluster.network.heal();
  await cluster.clock.advance(5_000);
  t.strictSame(health.rebuilding, [], 'n4 has said what it remembers');
  t.equal(await startOf(cluster, 'n1'), 3);
});
