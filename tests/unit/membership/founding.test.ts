/** The founding: in any order, lists that were wrong put right, later starts alone, wiped disks. */
import t, { type Test } from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import type { NodeOptions } from '../../../lib/node-options.js';
import { LocalCluster } from '../local-cluster.js';

function clusterOf(t: Test, nodes = 3): LocalCluster {
  const cluster = new LocalCluster({ nodes });
  t.teardown(() => cluster.stop());
  return cluster;
}

async function hasFounded(cluster: LocalCluster, id: string): Promise<boolean> {
  const founded = cluster
    .node(id)
    .ready()
    .then(
      () => true,
      () => false,
    );
  return Promise.race([founded, cluster.clock.advance(2_000).then(() => false)]);
}

const orders = [
  ['n1', 'n2', 'n3'],
  ['n3', 'n2', 'n1'],
  ['n2', 'n3', 'n1'],
];
for (const order of orders) {
  t.test(`nobody serves before all have confirmed: ${order.join()}`, async (t) => {
    const cluster = clusterOf(t);
    for (const [i, id] of order.entries()) {
      await cluster.start(id);
      await cluster.clock.advance(1_500);
      for (const started of order.slice(0, i + 1)) {
        t.equal(await hasFounded(cluster, started), i === 2, `${started} with ${i + 1}`);
        const { ready, reason } = cluster.node(started).cluster.readiness(undefined);
        t.strictSame([ready, reason === undefined], [i === 2, i === 2]);
      }
      if (i < 2) await t.rejects(cluster.put(id, 'k', 'x'), { code: 'not_ready', outcome: 'none' });
    }
    await cluster.put('n1', 'k', 'x');
    const hashes = order.map((id) => cluster.node(id).cluster.ring().hash);
    t.equal(new Set(hashes).size, 1);
  });
}

t.test('a full queue puts the founding off, and does not refuse it', async (t) => {
  const cluster = clusterOf(t);
  await cluster.start('n1');
  const { store } = cluster.node('n1').disk;
  const transact = store.transact.bind(store);
  let refused = 0;
  store.transact = () => {
    refused += 1;
    throw new OperatingError('overloaded', 'too many bytes wait for the disk');
  };
  for (const id of ['n2', 'n3']) await cluster.start(id);
  await cluster.clock.advance(1_500);
  t.ok(refused > 0, 'it had something to store');
  store.transact = transact;
  for (const id of ['n1', 'n2', 'n3']) t.ok(await hasFounded(cluster, id), id);
  await cluster.put('n1', 'k', 'x');
});

const wrong: [string, (right: NodeOptions) => Partial<NodeOptions>][] = [
  [
    'another zone',
    ({ founders }) => ({ founders: founders.with(0, { ...one(founders), zone: 'elsewhere' }) }),
  ],
  [
    'another weight',
    ({ founders }) => ({ founders: founders.with(0, { ...one(founders), weight: 2 }) }),
  ],
  ['a node too few', ({ founders }) => ({ founders: founders.slice(1) })],
  ['another Q', () => ({ partitionCount: 32 })],
  ['another N', () => ({ replicaCount: 2 })],
  ["another cluster's name", () => ({ cluster: 'other' })],
];

function one(founders: NodeOptions['founders']): NodeOptions['founders'][number] {
  const [first] = founders;
  if (first === undefined) throw new Error('a cluster has a node');
  return first;
}

for (const [name, change] of wrong) {
  t.test(`refused on both sides and put right later: ${name}`, async (t) => {
    const cluster = clusterOf(t);
    await cluster.start('n1');
    await cluster.start('n2');
    await cluster.start('n3', change(cluster.optionsOf('n3')));
    await cluster.clock.advance(3_000);
    for (const id of cluster.ids) t.notOk(await hasFounded(cluster, id), id);
    t.ok(
      cluster.observers.get('n1')?.events.includes('a founder has another founding list') ||
        name === 'a node too few',
    );
    await cluster.crash('n3');
    await cluster.start('n3');
    await cluster.clock.advance(3_000);
    for (const id of cluster.ids) t.ok(await hasFounded(cluster, id), id);
    await cluster.put('n3', 'k', 'x', { level: 'all' });
  });
}

t.test('a stored ring beats the list, and later starts need nobody', async (t) => {
  const cluster = clusterOf(t);
  for (const id of cluster.ids) await cluster.start(id);
  await cluster.clock.advance(1_000);
  const { hash } = cluster.node('n1').cluster.ring();
  await cluster.put('n1', 'k', 'x', { level: 'all' });
  for (const id of cluster.ids) await cluster.crash(id);
  const alone = await cluster.start('n1', { replicaCount: 1, partitionCount: 64 });
  await cluster.wait(alone.ready());
  t.equal(alone.cluster.ring().hash, hash);
  t.ok(
    cluster.observers
      .get('n1')
      ?.events.includes('the stored ring differs from the configured list; it is kept'),
  );
  t.strictSame(await cluster.texts('n1', 'k', { level: 'one' }), ['x']);
});

t.test('a founder that crashes before all have confirmed goes on where it was', async (t) => {
  const cluster = clusterOf(t);
  await cluster.start('n1');
  await cluster.start('n2');
  await cluster.clock.advance(1_000);
  await cluster.crash('n1');
  await cluster.start('n3');
  await cluster.clock.advance(1_000);
  await cluster.start('n1');
  await cluster.clock.advance(3_000);
  for (const id of cluster.ids) t.ok(await hasFounded(cluster, id), id);
});

async function founded(t: Test): Promise<LocalCluster> {
  const cluster = clusterOf(t);
  for (const id of cluster.ids) await cluster.start(id);
  await cluster.clock.advance(1_000);
  await cluster.crash('n3');
  cluster.disks.delete('n3');
  return cluster;
}

t.test(
  'a wiped founder takes the ring that the others serve, and vouches for nothing',
  async (t) => {
    const cluster = await founded(t);
    const wiped = await cluster.start('n3');
    await cluster.wait(wiped.ready());
    t.equal(wiped.cluster.ring().hash, cluster.node('n1').cluster.ring().hash);
    t.ok(
      cluster.observers.get('n3')?.events.includes('a partition is damaged and will be rebuilt'),
    );
    const { nodes } = await cluster.wait(cluster.node('n1').cluster.status());
    const start = nodes.find(({ id }) => id === 'n3')?.report?.start ?? 0;
    t.ok(start > 1, 'above what peers remember');
    await cluster.put('n1', 'k', 'x');
  },
);

t.test('also where it was first given a list that was wrong', async (t) => {
  const cluster = await founded(t);
  await cluster.start('n3', { replicaCount: 2 });
  await cluster.clock.advance(2_000);
  t.notOk(await hasFounded(cluster, 'n3'), 'another ring is refused');
  await cluster.crash('n3');
  const wiped = await cluster.start('n3');
  await cluster.wait(wiped.ready());
  t.ok(cluster.observers.get('n3')?.events.includes('a partition is damaged and will be rebuilt'));
});

t.test('also where it crashes before it has met anybody', async (t) => {
  const cluster = await founded(t);
  cluster.network.cut('n3', 'n1');
  cluster.network.cut('n3', 'n2');
  await cluster.start('n3');
  await cluster.clock.advance(2_000);
  await cluster.crash('n3');
  cluster.network.heal();
  const wiped = await cluster.start('n3');
  await cluster.wait(wiped.ready());
  t.ok(cluster.observers.get('n3')?.events.includes('a partition is damaged and will be rebuilt'));
});

t.test('a founder that has given its word is no wiped one, however late it learns', async (t) => {
  const cluster = clusterOf(t);
  const deaf = (from: string, to: string, message: readonly unknown[]): boolean =>
    from !== 'n2' || to !== 'n3' || message[0] !== 1;
  cluster.network.gate = deaf;
  for (const id of cluster.ids) await cluster.start(id);
  await cluster.clock.advance(2_000);
  t.ok(await hasFounded(cluster, 'n1'));
  t.notOk(await hasFounded(cluster, 'n3'), 'the answers of n2 do not reach it');
  await cluster.crash('n3');
  cluster.network.gate = () => true;
  const late = await cluster.start('n3');
  await cluster.wait(late.ready());
  t.notOk(
    cluster.observers.get('n3')?.events.includes('a partition is damaged and will be rebuilt'),
  );
});
