/** Puts and gets on whole nodes: levels, contexts, siblings, outcomes, fallbacks, repair. */
import t, { type Test } from 'tap';
import { LEVEL_NAMES } from '../../../lib/coordination/request/level.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { ContextSeal } from '../../../lib/versioning/causal-context.js';
import { NOTHING_SEEN } from '../../../lib/versioning/context.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { nameOf } from '../wire-names.js';

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

const storedOn = (cluster: LocalCluster, id: string, key: string): string | undefined =>
  cluster.node(id).replica.read(recordKey('default', key, 16))?.fingerprint;

t.test('every level writes, and every level reads it, from every node', async (t) => {
  const cluster = await clusterFor(t, { nodes: 5, zones: ['x', 'y'] });
  const reads = LEVEL_NAMES.filter((level) => level !== 'any');
  for (const [i, write] of [...LEVEL_NAMES, '2'].entries()) {
    const id = cluster.ids[i % 5] ?? '';
    const key = `${write} key`;
    const { receipt, replaced } = await cluster.put(id, key, write, { level: write });
    t.equal(receipt.level, write);
    t.strictSame([receipt.asked, receipt.durability, replaced], [3, 'sync', []]);
    for (const [j, level] of reads.entries()) {
      const texts = await cluster.texts(cluster.ids[(i + j) % 5] ?? '', key, { level });
      t.strictSame(texts, [write], `written at ${write}, read at ${level}`);
    }
  }
});

t.test('a node that is no primary passes the put on', async (t) => {
  const cluster = await clusterFor(t, { nodes: 5 });
  const key = cluster.keyOwnedBy(['n1'], false);
  const { context, version } = await cluster.put('n1', key, '1');
  t.notMatch(version, /^n1\./);
  const next = await cluster.put('n1', key, '2', { context });
  t.strictSame(next.replaced, [version]);
  t.equal(storedOn(cluster, 'n1', key), undefined);
  t.equal(cluster.observers.get('n1')?.counts.get('quorate_forwards_total ok'), 2);
});

t.test('404 is a claim as strong as its level', async (t) => {
  const cluster = await clusterFor(t);
  const none = await cluster.get('n1', 'absent');
  t.strictSame([none.siblings, none.recorded], [[], false]);
  t.ok(none.context, 'what was read is nothing, and that is a context');
  const { context } = await cluster.put('n1', 'k', '1');
  await cluster.put('n2', 'k', '', { change: { state: 'tombstone' }, context });
  const deleted = await cluster.get('n3', 'k');
  t.strictSame([deleted.siblings, deleted.recorded], [[], true]);
  t.ok(deleted.context, 'the tombstone has a context');
  await Promise.all([cluster.crash('n2'), cluster.crash('n3')]);
  for (const level of ['quorum', 'all', 'two']) {
    const claim = cluster.get('n1', 'absent', { level });
    await t.rejects(claim, { code: 'level_not_reached', details: { received: 0, up: 1 } }, level);
  }
  t.strictSame(await cluster.texts('n1', 'absent', { level: 'one' }), []);
});

t.test('a miss at one asks the others before it says so', async (t) => {
  const cluster = await clusterFor(t);
  cluster.network.gate = (_from, to, message) =>
    to !== 'n3' || nameOf(message) !== 'coordination.write';
  await cluster.put('n1', 'k', '1', { timeoutMilliseconds: 100 });
  t.equal(storedOn(cluster, 'n3', 'k'), undefined);
  for (const level of ['one', 'eventual', 'local-one']) {
    t.strictSame(await cluster.texts('n3', 'k', { level }), ['1'], level);
  }
  const upside = await cluster.texts('n3', 'k', { level: 'one', fallbacks: ['quorum'] });
  t.strictSame(upside, ['1']);
});

t.test('without a context a write replaces what is there, wherever it is', async (t) => {
  const cluster = await clusterFor(t);
  const first = await cluster.put('n1', 'k', '1');
  const second = await cluster.put('n2', 'k', '2');
  t.strictSame(second.replaced, [first.version]);
  const { context } = await cluster.get('n3', 'k');
  await cluster.put('n1', 'k', 'a', { context });
  await cluster.put('n2', 'k', 'b', { context });
  t.strictSame(await cluster.texts('n3', 'k'), ['a', 'b']);
  const { replaced } = await cluster.put('n3', 'k', 'c');
  t.equal(replaced.length, 2);
  t.strictSame(await cluster.texts('n1', 'k'), ['c']);
});

t.test('a write that was answered is the context of the next, and of no more', async (t) => {
  const cluster = await clusterFor(t);
  const { context } = await cluster.put('n1', 'k', '0');
  await cluster.put('n1', 'k', 'a', { context });
  const mine = await cluster.put('n1', 'k', 'b', { context });
  cluster.network.gate = (_from, to, message) =>
    to !== 'n3' || nameOf(message) !== 'coordination.write';
  const again = await cluster.put('n1', 'k', 'b2', { context: mine.context });
  cluster.network.gate = () => true;
  // Minted at a replica that has not heard of b2: nothing that it supersedes may come back.
  await cluster.put('n3', 'k', 'b3', { context: again.context, level: 'one' });
  for (const id of cluster.ids) t.strictSame(await cluster.texts(id, 'k'), ['a', 'b3'], id);
  const both = await cluster.get('n2', 'k');
  const merged = await cluster.put('n2', 'k', 'ab', { context: both.context });
  t.equal(merged.replaced.length, 2);
  t.strictSame(await cluster.texts('n1', 'k', { level: 'all' }), ['ab']);
});

t.test(
  'a context that was made under a ring which this node does not know is not judged',
  async (t) => {
    const cluster = await clusterFor(t);
    await cluster.put('n1', 'k', '1');
    const { cluster_id } = await cluster.wait(cluster.node('n1').cluster.status());
    const seal = new ContextSeal(Buffer.alloc(32, 1), () => cluster_id);
    const known = seal.seal('default', 'k', 1, NOTHING_SEEN);
    await cluster.put('n1', 'k', '2', { context: known });
    const newer = seal.seal('default', 'k', 2, NOTHING_SEEN);
    const refused = { code: 'wrong_epoch', outcome: 'none' };
    await t.rejects(cluster.put('n1', 'k', '3', { context: newer }), refused);
    t.strictSame((await cluster.texts('n1', 'k')).sort(), ['1', '2']);
  },
);

t.test('contexts are for their key; keys and values have limits', async (t) => {
  const cluster = await clusterFor(t);
  const { context } = await cluster.put('n1', 'k', '1');
  const bad = { outcome: 'none' };
  await t.rejects(cluster.put('n1', 'j', '1', { context }), { ...bad, code: 'invalid_context' });
  await t.rejects(cluster.put('n1', 'k', '1', { context: 'x' }), { code: 'invalid_context' });
  for (const key of ['', 'x'.repeat(1_025), '\ud800']) {
    await t.rejects(cluster.get('n1', key), { ...bad, code: 'invalid_key' });
  }
  const large = cluster.put('n1', 'k', 'x'.repeat(100_001));
  await t.rejects(large, { ...bad, code: 'value_too_large' });
  for (const timeoutMilliseconds of [0, -1, Number.NaN, 60_001]) {
    await t.rejects(cluster.get('n1', 'k', { timeoutMilliseconds }), { code: 'invalid_request' });
  }
  await t.rejects(cluster.get('n1', 'k', { level: '4' }), {
    code: 'invalid_level',
    details: { required: 4 },
  });
  await t.rejects(cluster.put('n1', 'k', '', { level: 'one', fallbacks: ['4'] }), {
    code: 'invalid_level',
  });
  t.strictSame(await cluster.texts('n1', 'k'), ['1'], 'and nothing happened');
});

t.test('too few up: nothing happened; too few acknowledged: unknown', async (t) => {
  const cluster = await clusterFor(t);
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.write';
  const silent = cluster.put('n1', 'k', 'maybe', { timeoutMilliseconds: 200 });
  await t.rejects(silent, { code: 'deadline_passed', outcome: 'unknown' });
  cluster.network.gate = () => true;
  t.strictSame(await cluster.texts('n2', 'k', { level: 'all' }), ['maybe'], 'it did surface');
  await cluster.crash('n2');
  await cluster.put('n1', 'k', 'two of three');
  await cluster.crash('n3');
  const alone = cluster.put('n1', 'k', 'never');
  await t.rejects(alone, { code: 'level_not_reached', outcome: 'none', details: { up: 1 } });
  t.strictSame(await cluster.texts('n1', 'k', { level: 'one' }), ['two of three']);
  const fallen = await cluster.put('n1', 'k', 'one', { fallbacks: ['two', 'one'] });
  t.strictSame([fallen.receipt.level, fallen.receipt.answered], ['one', 1]);
  const read = await cluster.get('n1', 'k', { fallbacks: ['one'] });
  t.strictSame([read.receipt.level, read.siblings.length], ['one', 1]);
});

t.test('at quorum what is answered is durable on a majority first', async (t) => {
  const cluster = await clusterFor(t);
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.write';
  const unknown = cluster.put('n1', 'k', 'x', { timeoutMilliseconds: 100 });
  await t.rejects(unknown, { code: 'deadline_passed', outcome: 'unknown' });
  const held = cluster.get('n1', 'k', { timeoutMilliseconds: 300 });
  await t.rejects(held, { code: /^(deadline_passed|level_not_reached)$/, outcome: 'none' });
  t.equal(storedOn(cluster, 'n2', 'k'), undefined);
  t.strictSame(await cluster.texts('n1', 'k', { level: 'one' }), ['x']);
  cluster.network.gate = () => true;
  t.strictSame(await cluster.texts('n1', 'k'), ['x']);
  const holders = cluster.ids.filter((id) => storedOn(cluster, id, 'k') !== undefined);
  t.ok(holders.length >= 2, holders.join());
  for (const id of ['n1', 'n2', 'n3']) await cluster.crash(id);
  for (const id of holders) await cluster.start(id);
  await cluster.clock.advance(2_000);
  t.strictSame(await cluster.texts(holders[0] ?? '', 'k'), ['x'], 'after a power cut');
});

t.test('so is a 404 that met a tombstone', async (t) => {
  const cluster = await clusterFor(t);
  const { context } = await cluster.put('n1', 'k', 'x', { level: 'all' });
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.write';
  const tombstone = { change: { state: 'tombstone' }, context, level: 'one' } as const;
  await cluster.put('n1', 'k', '', tombstone);
  const missed = cluster.get('n1', 'k', { timeoutMilliseconds: 300 });
  await t.rejects(missed, { code: /^(deadline_passed|level_not_reached)$/, outcome: 'none' });
  cluster.network.gate = () => true;
  t.strictSame(await cluster.texts('n1', 'k'), []);
  const seen = cluster.ids.filter(
    (id) => storedOn(cluster, id, 'k') === storedOn(cluster, 'n1', 'k'),
  );
  t.ok(seen.length >= 2, `${seen.join()} hold the tombstone`);
});

t.test('a primary whose disk has failed is passed by', async (t) => {
  const cluster = await clusterFor(t, { nodes: 5 });
  const key = cluster.keyOwnedBy(['n1', 'n2']);
  const disk = cluster.disks.get('n2');
  if (disk === undefined) throw new Error('n2 has a disk');
  disk.held = true;
  await cluster.put('n2', key, '0', { level: 'one', timeoutMilliseconds: 100 });
  await disk.fail();
  for (const id of cluster.ids) {
    const { receipt } = await cluster.put(id, key, id);
    t.equal(receipt.level, 'quorum', `by ${id}`);
  }
});
