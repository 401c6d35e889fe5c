/** Read repair on whole nodes: when it is done, what it writes, what it costs, who was behind. */
import t, { type Test } from 'tap';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { dotText } from '../../../lib/versioning/dot.js';
import { versionsBehind } from '../../../lib/versioning/siblings.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { intentOf, nothingElse } from '../persistence/disk.js';
import { nameOf, readsIn } from '../wire-names.js';

type Wire = readonly unknown[];

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

const storedOn = (cluster: LocalCluster, id: string, key: string): string | undefined =>
  cluster.node(id).replica.read(recordKey('default', key, 16))?.fingerprint;
const wantOf = (message: unknown): unknown => readsIn(message)[0]?.want;
const isWrite = (message: Wire): boolean => nameOf(message) === 'coordination.write';
const countOf = (cluster: LocalCluster, id: string, name: string): number =>
  cluster.observers.get(id)?.counts.get(`quorate_${name}`) ?? 0;

/** n1 and n2 hold the key, n3 has not heard of it. */
async function lagging(cluster: LocalCluster, key: string, writer = 'n1'): Promise<void> {
  cluster.network.gate = (_from, to, message) => to !== 'n3' || !isWrite(message);
  await cluster.put(writer, key, 'x', { timeoutMilliseconds: 100 });
  cluster.network.gate = () => true;
}

/** Then reads alone repair. */
const NO_HINTS = { limits: { hintsBytesMax: 0 } };

t.test('await: the answer comes after all that lagged hold it', async (t) => {
  const cluster = await clusterFor(t, NO_HINTS);
  for (const level of ['all', 'quorum', 'one']) {
    await lagging(cluster, level);
    // The lagging replica is asked at `quorum` because it is the coordinator.
    const { receipt } = await cluster.get('n3', level, { level, readRepair: 'await' });
    t.equal(receipt.level, level);
    t.ok(storedOn(cluster, 'n3', level), `before the answer at ${level}`);
  }
});

t.test('await: the deadline bounds it, a failed repair is counted and gets a hint', async (t) => {
  const cluster = await clusterFor(t);
  await lagging(cluster, 'k', 'n2');
  cluster.network.gate = (_from, to, message) => to !== 'n3' || !isWrite(message);
  const began = cluster.clock.monotonicMilliseconds();
  const repair = { level: 'all', readRepair: 'await', timeoutMilliseconds: 300 } as const;
  const { siblings } = await cluster.get('n1', 'k', repair);
  t.equal(siblings.length, 1, 'the level itself needs a majority, and that holds it');
  const took = cluster.clock.monotonicMilliseconds() - began;
  t.ok(took >= 300 && took < 1_000, `${took}`);
  t.equal(storedOn(cluster, 'n3', 'k'), undefined);
  t.equal(countOf(cluster, 'n1', 'read_repair_failures_total n3'), 1);
  await cluster.clock.advance(100);
  t.equal(cluster.node('n1').hints.held.get('n3')?.count, 1);
  cluster.network.gate = () => true;
  await cluster.clock.advance(3_000);
  t.equal(storedOn(cluster, 'n3', 'k'), storedOn(cluster, 'n1', 'k'), 'delivered later');
});

t.test('async: the answer comes first, the repair for sure', async (t) => {
  const cluster = await clusterFor(t, { limits: { backgroundConcurrency: 1, hintsBytesMax: 0 } });
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  for (const key of keys) await lagging(cluster, key);
  cluster.network.gate = (_from, to, message) => to !== 'n3' || !isWrite(message);
  const reads = keys.map((key) => cluster.get('n1', key, { level: 'one', readRepair: 'async' }));
  for (const { siblings } of await Promise.all(reads)) t.equal(siblings.length, 1);
  for (const key of keys) t.equal(storedOn(cluster, 'n3', key), undefined, 'not yet');
  cluster.network.gate = () => true;
  await cluster.clock.advance(10_000);
  for (const key of keys) t.equal(storedOn(cluster, 'n3', key), storedOn(cluster, 'n1', key), key);
});

t.test('async: a replica that is silent gets a hint, and the others their repair', async (t) => {
  const never = 3_600_000;
  const limits = { exchangeIntervalMilliseconds: never, treeComparisonIntervalMilliseconds: never };
  const cluster = await clusterFor(t, { limits });
  const { replica } = cluster.node('n1');
  // No hint is left, as a write would.
  await replica.mint(recordKey('default', 'k', 16), intentOf('x'), 'sync', nothingElse).committed;
  await cluster.clock.advance(10_000);
  for (const id of ['n2', 'n3']) t.equal(storedOn(cluster, id, 'k'), undefined);
  cluster.network.gate = (_from, to, message) => to !== 'n3' || readsIn(message).length === 0;
  await cluster.get('n1', 'k', { level: 'one', readRepair: 'async' });
  await cluster.clock.advance(10_000);
  t.ok(storedOn(cluster, 'n2', 'k'), 'repaired');
  t.equal(countOf(cluster, 'n1', 'read_repair_failures_total n3'), 1);
  t.ok(storedOn(cluster, 'n3', 'k'), 'its hint has come');
});

t.test('async: where no more repairs may wait, the reader does', async (t) => {
  const cluster = await clusterFor(t, { limits: { backgroundConcurrency: 1, hintsBytesMax: 0 } });
  for (const key of ['stuck', 'last']) await lagging(cluster, key);
  let stuck = true;
  cluster.network.gate = (_from, to, message) => to !== 'n3' || !stuck || !isWrite(message);
  const read = (key: string) => cluster.get('n1', key, { level: 'one', readRepair: 'async' });
  await read('stuck');
  for (let i = 0; i < 1_000; i += 1) await read('stuck');
  stuck = false;
  await read('last');
  t.ok(storedOn(cluster, 'n3', 'last'), 'repaired before the answer');
});

t.test('none: no repair, beyond what the level promises', async (t) => {
  const cluster = await clusterFor(t, NO_HINTS);
  const options = { ifMatch: undefined, dryRun: false, by: 'test' };
  const change = { read_repair_probability: 1 };
  await cluster.wait(cluster.node('n1').settings.change(change, options));
  await lagging(cluster, 'k');
  const repairs = (): number =>
    countOf(cluster, 'n1', 'read_repairs_total foreground') +
    countOf(cluster, 'n1', 'read_repairs_total background');
  for (const level of ['one', 'two', 'eventual']) {
    await cluster.get('n1', 'k', { level, readRepair: 'none' });
    await cluster.clock.advance(100);
    t.equal(repairs(), 0, level);
  }
  await cluster.get('n1', 'k', { level: 'one' });
  await cluster.clock.advance(100);
  t.equal(repairs(), 1, 'by chance, where the request says nothing');
  await lagging(cluster, 'j');
  await cluster.crash('n2');
  await cluster.get('n1', 'j', { readRepair: 'none' });
  t.ok(storedOn(cluster, 'n3', 'j'), 'a majority holds what quorum answers');
});

t.test('agreement costs no values, and writes nothing', async (t) => {
  const cluster = await clusterFor(t, { nodes: 5, replicas: 5 });
  await cluster.put('n1', 'k', 'x', { level: 'all' });
  const wants: unknown[] = [];
  let writes = 0;
  cluster.network.gate = (_from, _to, message) => {
    if (nameOf(message) === 'coordination.read') wants.push(wantOf(message));
    if (isWrite(message)) writes += 1;
    return true;
  };
  for (const level of ['one', 'two', 'quorum', 'all', 'eventual', 'local-quorum']) {
    for (const readRepair of ['await', 'async', undefined] as const) {
      await cluster.get('n2', 'k', { level, readRepair });
      await cluster.get('n2', 'absent', { level, readRepair });
      await cluster.clock.advance(1_000);
    }
  }
  t.ok(wants.length > 50);
  t.strictSame(new Set(wants), new Set(['fingerprint']));
  t.equal(writes, 0);
});

t.test('who replaces the slow is asked for the whole record, not for a second round', async (t) => {
  const cluster = await clusterFor(t, { nodes: 4 });
  const key = cluster.keyOwnedBy(['n1'], false);
  await cluster.put('n2', key, 'x', { level: 'all' });
  let slow: string | undefined;
  const wants: unknown[] = [];
  cluster.network.gate = (from, to, message) => {
    if (nameOf(message) !== 'coordination.read' || from !== 'n1') return true;
    wants.push(wantOf(message));
    slow ??= to;
    return to !== slow;
  };
  t.strictSame(await cluster.texts('n1', key), ['x']);
  t.strictSame(wants, ['full', 'fingerprint', 'full']);
});

t.test('only the lagging are written, and never with a new version', async (t) => {
  const cluster = await clusterFor(t, { nodes: 5, replicas: 5 });
  const { context } = await cluster.put('n1', 'k', '0', { level: 'all' });
  // Three sides of a cut each write a sibling; n4 and n5 stay behind.
  cluster.network.gate = (_from, _to, message) => !isWrite(message);
  for (const id of ['n1', 'n2', 'n3']) {
    await cluster.put(id, 'k', id, { context, level: 'one', timeoutMilliseconds: 100 });
  }
  cluster.network.gate = () => true;
  const dots = new Set(['n1', 'n2', 'n3'].map((id) => storedOn(cluster, id, 'k')));
  const written = new Map<string, number>();
  cluster.network.gate = (_from, to, message) => {
    if (isWrite(message)) written.set(to, (written.get(to) ?? 0) + 1);
    return true;
  };
  const { siblings } = await cluster.get('n1', 'k', { level: 'all', readRepair: 'await' });
  t.strictSame(new Set(siblings.map(({ dot }) => `${dotText(dot)};`)), dots);
  t.strictSame(
    [...written].sort(),
    ['n2', 'n3', 'n4', 'n5'].map((id) => [id, 1]),
  );
  const whole = siblings.map(({ dot }) => `${dotText(dot)};`).join('');
  for (const id of cluster.ids) t.equal(storedOn(cluster, id, 'k'), whole, id);
  t.strictSame(
    cluster.ids.map((id) => [
      countOf(cluster, 'n1', `replicas_behind_total ${id}`),
      countOf(cluster, 'n1', `replicas_behind_versions_total ${id}`),
    ]),
    [
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 3],
      [1, 3],
    ],
    'the ledger: who was behind, by how many versions',
  );
  written.clear();
  await cluster.get('n1', 'k', { level: 'all', readRepair: 'await' });
  t.equal(written.size, 0, 'and then nobody is behind');
});

t.test('what a fingerprint lacks is counted, be it that it takes a stub for a value', (t) => {
  t.equal(versionsBehind('', ''), 0);
  t.equal(versionsBehind('', 'a.1;b.2!'), 2);
  t.equal(versionsBehind('a.1;', 'a.1;b.2!'), 1);
  t.equal(versionsBehind('a.1;b.2;', 'a.1;b.2!'), 1);
  t.equal(versionsBehind('a.1;b.2!c.3;', 'a.1;b.2!'), 0);
  t.end();
});
