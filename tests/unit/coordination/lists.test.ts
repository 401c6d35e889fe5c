/** Lists on whole clusters: levels, pages, nodes that lag, die or lose what they hold. */
import t, { type Test } from 'tap';
import type { KeyListRequest } from '../../../lib/coordination/request/request.js';
import { compareUtf8 } from '../../../lib/encoding/utf8-order.js';
import { keyEntry, PLAIN_ENTRY } from '../../../lib/persistence/key-index.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster, type ClusterOptions } from '../local-cluster.js';
import { intentOf, nothingElse } from '../persistence/disk.js';
import { acceptorRequestsIn } from '../wire-names.js';

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

function page(cluster: LocalCluster, id: string, fields: Partial<KeyListRequest> = {}) {
  const request = {
    ...{ namespace: 'default', prefix: '', limit: 100, cursor: undefined, values: false },
    ...{ level: 'quorum', fallbacks: [], timeoutMilliseconds: 2_000, ...fields },
  };
  return cluster.wait(cluster.node(id).keyLists.list(request));
}

/** All pages, each of another node. */
async function listed(
  cluster: LocalCluster,
  ids: readonly string[],
  fields: Partial<KeyListRequest> = {},
): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  for (let i = 0; i < 200; i += 1) {
    const answer = await page(cluster, ids[i % ids.length] ?? '', { ...fields, cursor });
    keys.push(...answer.items.map(({ key }) => key));
    cursor = answer.cursor;
    if (cursor === undefined) return keys;
  }
  throw new Error('the list has no end');
}

async function makeShop(cluster: LocalCluster): Promise<void> {
  const change = { dryRun: false, by: 'a test', ifMatch: undefined };
  await cluster.wait(cluster.node('n1').namespaces.put('shop', {}, change));
}

const KEYS = [
  'a',
  'a/b',
  'ab',
  '\ue000',
  '\u{10000}',
  ...Array.from({ length: 20 }, (_, i) => `k${i}`),
];

t.test('keys of all partitions in UTF-8 order, by pages of any size, at each level', async (t) => {
  const cluster = await clusterFor(t, { nodes: 5 });
  for (const key of KEYS) await cluster.put('n1', key, 'x', { level: 'all' });
  const sorted = [...KEYS].sort(compareUtf8);
  for (const level of ['one', 'two', 'quorum', 'all', '3', 'eventual', 'local-quorum']) {
    t.strictSame(await listed(cluster, cluster.ids, { level, limit: 7 }), sorted, level);
  }
  const prefixed = sorted.filter((key) => key.startsWith('k1'));
  t.strictSame(await listed(cluster, cluster.ids, { prefix: 'k1', limit: 3 }), prefixed);
  t.strictSame(await listed(cluster, cluster.ids, { prefix: '\ue000' }), ['\ue000']);
  t.strictSame(await listed(cluster, cluster.ids, { prefix: 'none' }), []);
  await makeShop(cluster);
  t.strictSame(await listed(cluster, cluster.ids, { namespace: 'shop' }), []);
  const { receipt } = await page(cluster, 'n2', { level: 'one' });
  t.match(receipt, { level: 'one', asked: 5 });
  t.ok(receipt.answered <= 3, 'as few nodes as will do');
});

t.test('what was deleted or has ended is not shown', async (t) => {
  const cluster = await clusterFor(t);
  for (const key of ['a', 'b', 'c']) await cluster.put('n1', key, 'x', { level: 'all' });
  await cluster.putFor('n1', 'ends', 5, { level: 'all' });
  t.strictSame(await listed(cluster, cluster.ids), ['a', 'b', 'c', 'ends']);
  await cluster.put('n2', 'b', '', { change: { state: 'tombstone' } });
  for (const level of ['quorum', 'all']) {
    t.strictSame(await listed(cluster, ['n3'], { level }), ['a', 'c', 'ends'], level);
  }
  await cluster.clock.advance(6_000);
  t.strictSame(await listed(cluster, cluster.ids), ['a', 'c']);
});

t.test('a node that missed writes hides none of them from a quorum', async (t) => {
  const cluster = await clusterFor(t);
  for (let i = 10; i < 30; i += 2) await cluster.put('n1', `k${i}`, 'x', { level: 'all' });
  await cluster.crash('n3');
  await cluster.clock.advance(4_000);
  for (let i = 11; i < 30; i += 2) await cluster.put('n1', `k${i}`, 'x');
  await cluster.put('n1', 'k12', '', { change: { state: 'tombstone' } });
  const expected = Array.from({ length: 20 }, (_, i) => `k${i + 10}`).filter(
    (key) => key !== 'k12',
  );
  t.strictSame(await listed(cluster, ['n1', 'n2'], { limit: 3 }), expected, 'while it is away');
  await cluster.restart('n3');
  for (const limit of [1, 3, 100]) {
    t.strictSame(await listed(cluster, ['n3'], { limit }), expected, `by pages of ${limit}`);
  }
});

t.test('a delete that one replica missed is found by a read', async (t) => {
  const cluster = await clusterFor(t);
  for (const key of ['a', 'b']) await cluster.put('n1', key, 'x', { level: 'all' });
  const at = recordKey('default', 'a', 16);
  const [one, two] = [cluster.node('n1').replica, cluster.node('n2').replica];
  const deleted = intentOf('', { change: { state: 'tombstone' } });
  const { value, committed } = one.mint(at, deleted, 'sync', nothingElse);
  await cluster.wait(committed);
  await cluster.wait(two.mergeAndVouch(at, value.bytes, 'sync'));
  t.strictSame(await listed(cluster, ['n3'], { level: 'one' }), ['a', 'b'], 'it knows no better');
  t.strictSame(await listed(cluster, ['n3'], { level: 'quorum' }), ['b']);
});

t.test('with too few nodes it says so, or descends', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', 'k', 'x', { level: 'all' });
  for (const id of ['n2', 'n3']) await cluster.crash(id);
  await cluster.clock.advance(4_000);
  await t.rejects(page(cluster, 'n1'), { code: 'level_not_reached', outcome: 'none' });
  const answer = await page(cluster, 'n1', { fallbacks: ['one'] });
  t.match(answer, { items: [{ key: 'k' }], receipt: { level: 'one', answered: 1 } });
});

t.test('with values: as a read at the level finds them, siblings too', async (t) => {
  const cluster = await clusterFor(t);
  const blank = await cluster.get('n1', 'two');
  for (const text of ['x', 'y']) {
    await cluster.put('n1', 'two', text, { context: blank.context, level: 'all' });
  }
  await cluster.put('n1', 'one', 'value', { level: 'all' });
  const { items } = await page(cluster, 'n2', { values: true });
  const texts = items.map(({ key, found }) => {
    return [key, ...(found?.siblings ?? []).map(({ value }) => Buffer.from(value).toString())];
  });
  t.strictSame(texts, [
    ['one', 'value'],
    ['two', 'x', 'y'],
  ]);
  t.ok(items.every(({ found }) => found?.context !== undefined));
});

t.test('values of a page are bounded, and the cursor goes on behind the last', async (t) => {
  const cluster = await clusterFor(t, { limits: { valueBytesMax: 1_000 } });
  for (let i = 10; i < 20; i += 1) await cluster.put('n1', `k${i}`, 'x'.repeat(600));
  const first = await page(cluster, 'n1', { values: true });
  t.ok(first.items.length >= 1 && first.items.length < 5, `${first.items.length}`);
  const all = await listed(cluster, cluster.ids, { values: true });
  t.strictSame(
    all,
    Array.from({ length: 10 }, (_, i) => `k${i + 10}`),
  );
});

t.test('a cursor is of its prefix, namespace and cluster', async (t) => {
  const cluster = await clusterFor(t);
  await makeShop(cluster);
  for (const key of ['k1', 'k2', 'k3']) await cluster.put('n1', key, 'x');
  const { cursor = '' } = await page(cluster, 'n1', { prefix: 'k', limit: 1 });
  t.match(await page(cluster, 'n2', { prefix: 'k', cursor }), { items: [{ key: 'k2' }, {}] });
  const flipped = `${cursor.startsWith('A') ? 'B' : 'A'}${cursor.slice(1)}`;
  for (const fields of [{ prefix: '' }, { prefix: 'k', namespace: 'shop' }]) {
    await t.rejects(page(cluster, 'n1', { ...fields, cursor }), { code: 'invalid_request' });
  }
  for (const forged of [flipped, '', 'x', Buffer.from('k1').toString('base64url')]) {
    const asked = page(cluster, 'n1', { prefix: 'k', cursor: forged });
    await t.rejects(asked, { code: 'invalid_request' }, forged);
  }
});

t.test('levels that promise what no list can are refused', async (t) => {
  const cluster = await clusterFor(t);
  await t.rejects(page(cluster, 'n1', { level: 'any' }), { code: 'invalid_level' });
  await t.rejects(page(cluster, 'n1', { level: 'nonsense' }), { code: 'invalid_level' });
  await t.rejects(page(cluster, 'n1', { level: '4' }), { code: 'invalid_level' });
});

t.test('what a lost record left in the index goes with the rebuild', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', 'stays', 'x', { level: 'all' });
  const { disk } = cluster.node('n1');
  await cluster.wait(disk.store.sync());
  const entry = { type: 'put', key: keyEntry({ namespace: 'default', key: 'gone' }) } as const;
  await cluster.disks.get('n1')?.write([{ ...entry, value: PLAIN_ENTRY }], { sync: true });
  t.strictSame(await listed(cluster, ['n1'], { level: 'one' }), ['gone', 'stays']);
  for (let partition = 0; partition < 16; partition += 1) disk.health.damage(partition, 'test');
  await cluster.clock.advance(20_000);
  t.strictSame(await listed(cluster, ['n1'], { level: 'all' }), ['stays']);
});

t.test('a partition under rebuild is reported by the others', async (t) => {
  const cluster = await clusterFor(t);
  for (let i = 10; i < 30; i += 1) await cluster.put('n1', `k${i}`, 'x', { level: 'all' });
  const expected = Array.from({ length: 20 }, (_, i) => `k${i + 10}`);
  const { disk } = cluster.node('n1');
  const lost = expected.map((key) => {
    return { type: 'delete', key: keyEntry({ namespace: 'default', key }) } as const;
  });
  await cluster.wait(disk.store.sync());
  await cluster.disks.get('n1')?.write(lost, { sync: true });
  t.strictSame(await listed(cluster, ['n1'], { level: 'one' }), [], 'nobody knows of it yet');
  for (let partition = 0; partition < 16; partition += 1) disk.health.damage(partition, 'test');
  t.strictSame(await listed(cluster, ['n1'], { level: 'one' }), expected, 'it vouches for nothing');
  t.strictSame(await listed(cluster, ['n1'], { level: 'quorum' }), expected);
  await t.rejects(page(cluster, 'n1', { level: 'all' }), { code: 'level_not_reached' });
  await cluster.clock.advance(20_000);
  t.strictSame(await listed(cluster, ['n1'], { level: 'all' }), expected, 'rebuilt');
});

t.test('many acceptances that were not learned are settled, and the list is whole', async (t) => {
  const cluster = await clusterFor(t);
  const keys = Array.from({ length: 250 }, (_, i) => `k${i}`).sort(compareUtf8);
  cluster.network.gate = (_from, _to, message) => {
    return acceptorRequestsIn(message).every(({ is }) => is !== 'learn');
  };
  for (const key of keys) await cluster.put('n1', key, 'x', { level: 'strong' });
  cluster.network.gate = () => true;
  const open = cluster.ids.map((id) => cluster.node(id).disk.acceptor.accepted().length);
  t.ok(open.filter((count) => count > 100).length >= 2, `${open}`);
  const { items } = await page(cluster, 'n2', { limit: 1000 });
  t.strictSame(
    items.map(({ key }) => key),
    keys,
  );
});
