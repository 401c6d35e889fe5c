/** Delivery: in bounded batches, at the rate of the target, past whatever it refuses. */
import t, { type Test } from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';

interface Batch {
  readonly at: number;
  readonly hints: number;
  readonly bytes: number;
}

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

/** What goes to a node, as long as the network carries it. */
function watch(cluster: LocalCluster, target: string, carries = (): boolean => true): Batch[] {
  const batches: Batch[] = [];
  cluster.network.gate = (_from, to, message) => {
    if (to !== target || message[2] !== 'handoff.deliver') return true;
    const { hints } = message[6] as { hints: { record: Uint8Array }[] };
    const bytes = hints.reduce((sum, { record }) => sum + record.length, 0);
    batches.push({ at: cluster.clock.monotonicMilliseconds(), hints: hints.length, bytes });
    return carries();
  };
  return batches;
}

async function holdMany(cluster: LocalCluster, count: number, length = 1): Promise<string[]> {
  await cluster.crash('n3');
  const keys = Array.from({ length: count }, (_, i) => `key ${i}`);
  for (const key of keys) await cluster.put('n1', key, 'x'.repeat(length), { level: 'one' });
  return keys;
}

const heldBy = (cluster: LocalCluster, holder: string): number =>
  cluster.node(holder).hints.held.get('n3')?.count ?? 0;

t.test('a batch is bounded in hints and in bytes', async (t) => {
  const limits = { hintBatchSize: 10, hintBatchBytesMax: 1_024 };
  const cluster = await clusterFor(t, { limits });
  await holdMany(cluster, 50);
  for (let i = 0; i < 6; i += 1) await cluster.put('n1', `long ${i}`, 'x'.repeat(900));
  const batches = watch(cluster, 'n3');
  await cluster.restart('n3');
  await cluster.clock.advance(5_000);
  t.equal(heldBy(cluster, 'n1'), 0);
  t.equal(
    batches.reduce((sum, { hints }) => sum + hints, 0),
    56,
  );
  t.ok(batches.every(({ hints }) => hints <= 10));
  t.ok(
    batches.some(({ hints }) => hints > 3),
    'several travel together',
  );
  t.ok(batches.every(({ hints, bytes }) => hints === 1 || bytes <= 1_024));
});

t.test('the target sets the rate, for all holders together', async (t) => {
  const limits = { hintsPerSecondMax: 20, hintBatchSize: 4 };
  const cluster = await clusterFor(t, { limits });
  await holdMany(cluster, 60);
  for (let i = 0; i < 60; i += 1) await cluster.put('n2', `other ${i}`, 'x');
  t.ok(heldBy(cluster, 'n1') > 0 && heldBy(cluster, 'n2') > 0, 'two holders');
  const batches = watch(cluster, 'n3');
  await cluster.restart('n3');
  const began = batches[0]?.at ?? cluster.clock.monotonicMilliseconds();
  for (let waited = 0; heldBy(cluster, 'n1') + heldBy(cluster, 'n2') > 0; waited += 500) {
    if (waited > 60_000) throw new Error('never delivered');
    await cluster.clock.advance(500);
    const seconds = (cluster.clock.monotonicMilliseconds() - began) / 1000;
    const sent = batches.reduce((sum, { hints }) => sum + hints, 0);
    t.ok(sent <= 20 * seconds + 3 * 4, `${sent} in ${seconds} s`);
  }
  const seconds = ((batches.at(-1)?.at ?? 0) - began) / 1000;
  t.ok(seconds < 12, `120 hints at 20 a second took ${seconds} s`);
});

t.test('what the target cannot merge keeps no other hint of the batch back', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', 'key 3', 'before');
  await cluster.clock.advance(100);
  const keys = await holdMany(cluster, 8);
  const disk = cluster.disks.get('n3');
  const { storageKey } = recordKey('default', 'key 3', 16);
  if (disk?.get(storageKey) === undefined) throw new Error('n3 has it');
  await disk.write([{ type: 'put', key: storageKey, value: Buffer.from([0xc1]) }], { sync: true });
  await cluster.restart('n3');
  await cluster.clock.advance(10_000);
  const lacking = keys.filter((key) => {
    const { storageKey: stored } = recordKey('default', key, 16);
    return cluster.disks.get('n3')?.get(stored) === undefined;
  });
  t.strictSame(lacking, []);
  t.ok(heldBy(cluster, 'n1') <= 1);
});

t.test(
  'where nothing gets through, pauses grow; the next opening of the link ends them',
  async (t) => {
    const cluster = await clusterFor(t);
    await holdMany(cluster, 3);
    let carries = false;
    const batches = watch(cluster, 'n3', () => carries);
    await cluster.restart('n3');
    await cluster.clock.advance(120_000);
    t.ok(batches.length >= 5 && batches.length < 16, `${batches.length} attempts in two minutes`);
    t.equal(heldBy(cluster, 'n1'), 3);
    carries = true;
    await cluster.crash('n3');
    await cluster.restart('n3');
    await cluster.clock.advance(100);
    t.equal(heldBy(cluster, 'n1'), 0);
  },
);

t.test('a node that stops while the target lets it wait does not hang', async (t) => {
  const cluster = await clusterFor(t, { limits: { hintsPerSecondMax: 1, hintBatchSize: 1 } });
  await holdMany(cluster, 30);
  await cluster.restart('n3');
  await cluster.clock.advance(2_500);
  t.ok(heldBy(cluster, 'n1') > 20, 'it has only begun');
  let stopped = false;
  void cluster
    .node('n1')
    .stop()
    .then(() => {
      stopped = true;
    });
  // It leaves its ticket with the others first, which takes two seconds at most.
  await cluster.clock.advance(2_500);
  t.ok(stopped, 'long before the last hint would have its turn');
});

t.test('what the target refuses stays, until it takes it', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.crash('n3');
  const keys = await holdMany(cluster, 12);
  const partitions = keys.map((key) => recordKey('default', key, 16).partition);
  const [damaged = 0] = partitions;
  const refused = partitions.filter((partition) => partition === damaged).length;
  // A rebuild needs all other owners: this one cannot end.
  cluster.network.cut('n2', 'n3');
  cluster.network.gate = (_from, _to, message) => message[2] !== 'handoff.deliver';
  await cluster.start('n3');
  cluster.node('n3').disk.health.damage(damaged, 'test');
  cluster.network.gate = () => true;
  await cluster.clock.advance(20_000);
  t.equal(heldBy(cluster, 'n1'), refused);
  cluster.network.heal();
  await cluster.clock.advance(60_000);
  t.equal(heldBy(cluster, 'n1'), 0);
});

t.test('a target that takes long to take all holds up no other', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.crash('n2');
  await holdMany(cluster, 60);
  const heldForN2 = (): number => cluster.node('n1').hints.held.get('n2')?.count ?? 0;
  t.equal(heldForN2(), 60);
  let carries = false;
  watch(cluster, 'n2', () => carries);
  const { limits } = cluster.optionsOf('n3');
  await cluster.start('n3', { limits: { ...limits, hintsPerSecondMax: 1, hintBatchSize: 1 } });
  await cluster.start('n2');
  await cluster.clock.advance(10_000);
  t.equal(heldForN2(), 60, 'its first delivery came to nothing');
  carries = true;
  await cluster.clock.advance(15_000);
  t.ok(heldBy(cluster, 'n1') > 20, 'that to n3 is still under way');
  t.equal(heldForN2(), 0);
});
