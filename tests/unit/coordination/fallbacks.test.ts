/** What a fallback may claim, what late work leaves undone, and what no request waits for. */
import t, { type Test } from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { nameOf, readsIn } from '../wire-names.js';

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

const storedOn = (cluster: LocalCluster, id: string, key: string): string | undefined =>
  cluster.node(id).replica.read(recordKey('default', key, 16))?.fingerprint;
const wantOf = (message: unknown): unknown => readsIn(message)[0]?.want;

/** A write that asks for the versions first. */
const KEEPING = {
  change: {
    state: 'value',
    contentType: 'text/plain',
    value: Buffer.from('x'),
    ttlSeconds: 'keep',
  },
} as const;

t.test('a write that could not ask at quorum claims no quorum', async (t) => {
  const cluster = await clusterFor(t);
  let broken = false;
  cluster.network.gate = (from, _to, message) => {
    if (from !== 'n1' || nameOf(message) !== 'coordination.read') return true;
    if (!broken) {
      broken = true;
      setImmediate(() => {
        for (const peer of ['n2', 'n3']) cluster.network.cut('n1', peer);
        cluster.network.heal();
      });
    }
    return false;
  };
  const { receipt } = await cluster.put('n1', 'k', '', { ...KEEPING, fallbacks: ['one'] });
  t.equal(receipt.level, 'one', 'though all of them hold it');
});

t.test('a write that could not ask in time is not begun', async (t) => {
  const cluster = await clusterFor(t);
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.read';
  const late = cluster.put('n1', 'k', '', { ...KEEPING, timeoutMilliseconds: 200 });
  await t.rejects(late, { code: 'deadline_passed', outcome: 'none' });
  await cluster.clock.advance(1_000);
  for (const id of cluster.ids) t.equal(storedOn(cluster, id, 'k'), undefined, id);
});

t.test('a level that hangs leaves time for its fallback', async (t) => {
  const cluster = await clusterFor(t);
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.read';
  const options = { fallbacks: ['one'], timeoutMilliseconds: 400 };
  const { receipt } = await cluster.put('n1', 'k', '', { ...KEEPING, ...options });
  t.equal(receipt.level, 'one');
  t.equal((await cluster.get('n1', 'k', options)).receipt.level, 'one');
});

t.test('a time to live is kept, be it that the minting replica has not heard of it', async (t) => {
  const cluster = await clusterFor(t);
  const value = { state: 'value', contentType: 'text/plain', value: Buffer.from('v') } as const;
  cluster.network.gate = (_from, to, message) =>
    to !== 'n3' || nameOf(message) !== 'coordination.write';
  const first = await cluster.put('n1', 'k', '', { change: { ...value, ttlSeconds: 100 } });
  t.equal(storedOn(cluster, 'n3', 'k'), undefined);
  const { context } = first;
  const kept = await cluster.put('n3', 'k', '', {
    change: { ...value, ttlSeconds: 'keep' },
    context,
  });
  t.strictSame(kept.replaced, [first.version]);
  const { siblings } = await cluster.get('n3', 'k');
  t.equal(siblings.length, 1);
  t.ok(siblings[0]?.expiresAt, 'it still ends');
});

t.test('nobody says that there is nothing after hearing that there is something', async (t) => {
  const cluster = await clusterFor(t);
  cluster.network.gate = (_from, to, message) =>
    to !== 'n3' || nameOf(message) !== 'coordination.write';
  await cluster.put('n1', 'k', 'x', { timeoutMilliseconds: 100 });
  t.equal(storedOn(cluster, 'n3', 'k'), undefined);
  cluster.network.gate = (from, _to, message) =>
    from !== 'n3' || nameOf(message) !== 'coordination.read' || wantOf(message) !== 'full';
  const miss = cluster.get('n3', 'k', {
    ...{ level: 'one', fallbacks: ['quorum'], timeoutMilliseconds: 300 },
  });
  await t.rejects(miss, { code: 'deadline_passed' });
});

t.test('a disk that hangs holds a request no longer than its deadline', async (t) => {
  const cluster = await clusterFor(t, { nodes: 4 });
  const key = cluster.keyOwnedBy(['n1'], false);
  const disk = cluster.disks.get('n1');
  if (disk === undefined) throw new Error('n1 has a disk');
  for (const id of ['n2', 'n3', 'n4']) cluster.network.cut('n1', id);
  disk.held = true;
  const began = cluster.clock.monotonicMilliseconds();
  const hint = cluster.put('n1', key, 'x', { level: 'any', timeoutMilliseconds: 300 });
  await t.rejects(hint, { code: 'deadline_passed', outcome: 'unknown' });
  t.ok(cluster.clock.monotonicMilliseconds() - began < 1_000);
  disk.held = false;
  while (disk.waiting.length > 0) await disk.release();
});

t.test('nor does one that hangs while it is repaired', async (t) => {
  const cluster = await clusterFor(t);
  cluster.network.gate = (_from, to, message) =>
    to !== 'n3' || nameOf(message) !== 'coordination.write';
  await cluster.put('n1', 'k', 'x');
  await cluster.crash('n2');
  const disk = cluster.disks.get('n3');
  if (disk === undefined) throw new Error('n3 has a disk');
  disk.held = true;
  const began = cluster.clock.monotonicMilliseconds();
  await t.rejects(cluster.get('n3', 'k', { timeoutMilliseconds: 300 }), {
    code: 'deadline_passed',
    outcome: 'none',
  });
  t.ok(cluster.clock.monotonicMilliseconds() - began < 1_000);
  disk.held = false;
  while (disk.waiting.length > 0) await disk.release();
});
