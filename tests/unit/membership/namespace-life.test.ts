/** Namespaces that end, are made anew, or are not known yet: rules N2 to N4. */
import t, { type Test } from 'tap';
import type { PutRequest } from '../../../lib/coordination/request/request.js';
import type { QuorateNode } from '../../../lib/node.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { LocalCluster } from '../local-cluster.js';

const CHANGE = { dryRun: false, by: 'a test', ifMatch: undefined };

async function clusterWith(t: Test, rules: unknown, nodes = 3): Promise<LocalCluster> {
  const cluster = await LocalCluster.of({ nodes });
  t.teardown(() => cluster.stop());
  await make(cluster, 'n1', rules);
  return cluster;
}

function make(cluster: LocalCluster, id: string, rules: unknown = {}) {
  return cluster.wait(cluster.node(id).namespaces.put('shop', rules, CHANGE));
}

function remove(cluster: LocalCluster, id: string, options = {}) {
  const whole = { ...CHANGE, withKeys: true, ...options };
  return cluster.wait(cluster.node(id).namespaces.delete('shop', whole));
}

const inShop = (fields: Partial<PutRequest> = {}) => ({ namespace: 'shop', ...fields });

/** What the node holds of the key in a generation: its states, or nothing. */
function heldBy({ disk, cluster }: QuorateNode, key: string, generation: number): string[] {
  const at = recordKey(`shop~${generation}`, key, cluster.ring().partitions);
  return (disk.table.read(at)?.siblings.versions ?? []).map(({ state }) => state);
}

async function keysOf(cluster: LocalCluster, id: string): Promise<string[]> {
  const list = cluster.node(id).keyLists.list({
    ...{ ...inShop(), prefix: '', limit: 10, cursor: undefined, values: false },
    ...{ level: 'quorum', fallbacks: [], timeoutMilliseconds: 1000 },
  });
  return (await cluster.wait(list)).items.map(({ key }) => key);
}

t.test('what is deleted with its keys, and made anew, is empty', async (t) => {
  const cluster = await clusterWith(t, { blind_writes: 'sibling' });
  for (const text of ['x', 'y']) await cluster.put('n1', 'k', text, inShop({ level: 'all' }));
  const { context = '' } = await cluster.get('n1', 'k', inShop());
  const conflicts = () =>
    cluster.wait(
      cluster.node('n2').coordination.listConflicts({
        ...{ ...inShop(), limit: 10, cursor: undefined, timeoutMilliseconds: 1000 },
      }),
    );
  t.match((await conflicts()).conflicts, [{ namespace: 'shop', key: 'k' }]);
  await t.rejects(remove(cluster, 'n2', { withKeys: false }), { code: 'namespace_not_empty' });
  await remove(cluster, 'n2', { dryRun: true });
  t.strictSame(await keysOf(cluster, 'n3'), ['k'], 'a dry run deletes nothing');
  await remove(cluster, 'n2');
  await t.rejects(cluster.get('n3', 'k', inShop()), { code: 'namespace_not_found' });
  await make(cluster, 'n3', { versions_kept: 1 });
  t.strictSame(await cluster.texts('n1', 'k', inShop()), []);
  t.strictSame(await keysOf(cluster, 'n2'), []);
  t.strictSame((await conflicts()).conflicts, [], 'what was in conflict is so no more');
  const old = cluster.put('n1', 'k', 'z', inShop({ context }));
  await t.rejects(old, { code: 'invalid_context' }, 'a context of before is of another key');
  await cluster.put('n1', 'k', 'new', inShop());
  t.strictSame(await cluster.texts('n2', 'k', inShop()), ['new']);
});

t.test('its values end on every replica, and what is collected goes', async (t) => {
  const cluster = await clusterWith(t, {});
  await cluster.put('n1', 'k', 'x', inShop({ level: 'all' }));
  await remove(cluster, 'n1');
  await make(cluster, 'n1');
  await cluster.put('n1', 'k', 'y', inShop({ level: 'all' }));
  await cluster.clock.advance(2_000);
  for (const node of cluster.nodes.values()) {
    t.strictSame(heldBy(node, 'k', 1), ['stub'], `${node.id}: of before`);
    t.strictSame(heldBy(node, 'k', 2), ['value'], `${node.id}: of now`);
  }
  const settings = cluster.node('n1').settings.change({ tombstone_retention_s: 0 }, CHANGE);
  await cluster.wait(settings);
  for (let i = 0; i < 6; i += 1) await cluster.clock.advance(10_000);
  for (const node of cluster.nodes.values()) t.strictSame(heldBy(node, 'k', 1), [], node.id);
  t.strictSame(await cluster.texts('n3', 'k', inShop()), ['y']);
});

t.test('a replica that slept meanwhile brings nothing back', async (t) => {
  const cluster = await clusterWith(t, {});
  await cluster.put('n1', 'k', 'x', inShop({ level: 'all' }));
  await cluster.crash('n3');
  await remove(cluster, 'n1');
  await make(cluster, 'n2');
  await cluster.restart('n3');
  await cluster.clock.advance(1_000);
  t.strictSame(await cluster.texts('n3', 'k', inShop({ level: 'one' })), []);
  t.strictSame(await cluster.texts('n1', 'k', inShop({ level: 'all' })), []);
  await cluster.clock.advance(30_000);
  t.strictSame(heldBy(cluster.node('n3'), 'k', 1), ['stub']);
});

t.test('what comes late of a namespace that has ended, ends', async (t) => {
  const cluster = await clusterWith(t, {});
  await cluster.put('n1', 'k', 'x', inShop({ level: 'all' }));
  await remove(cluster, 'n1');
  await cluster.clock.advance(3_000);
  const node = cluster.node('n1');
  const at = recordKey('shop~1', 'late', node.cluster.ring().partitions);
  const value = Buffer.from('y');
  const change = {
    state: 'value',
    contentType: 'text/plain',
    value,
    ttlSeconds: undefined,
  } as const;
  const intent = { change, seen: undefined, known: undefined, epoch: 1 };
  await cluster.wait(node.replica.mint(at, intent, 'sync', () => undefined).committed);
  t.strictSame(heldBy(node, 'late', 1), ['value']);
  await cluster.clock.advance(15_000);
  t.strictSame(heldBy(node, 'late', 1), ['stub']);
});

t.test('a namespace that this node has not heard of is asked for', async (t) => {
  const cluster = await LocalCluster.of({ nodes: 5 });
  t.teardown(() => cluster.stop());
  const others = cluster.ids.filter((id) => id !== 'n5');
  for (const id of others) cluster.network.cut('n5', id);
  await make(cluster, 'n1', {});
  const alone = async () => cluster.put('n5', 'k', 'x', inShop({ level: 'any' }));
  await t.rejects(alone, { code: 'namespace_unknown', retryable: true, outcome: 'none' });
  cluster.network.heal();
  await cluster.clock.advance(3_000);
  t.match(await cluster.put('n5', 'k', 'x', inShop()), { receipt: { level: 'quorum' } });
  t.strictSame(await cluster.texts('n1', 'k', inShop()), ['x']);
});

t.test('many that ask for what is not there share the question', async (t) => {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  let sent = 0;
  cluster.network.gate = () => {
    sent += 1;
    return true;
  };
  const asked = Array.from({ length: 50 }, async () => cluster.get('n1', 'k', inShop()));
  const answers = await cluster.wait(Promise.allSettled(asked));
  t.ok(answers.every(({ status }) => status === 'rejected'));
  t.ok(sent < 40, `${sent} messages`);
});

t.test('only where there is none of the name', async (t) => {
  const cluster = await clusterWith(t, {});
  const options = { ...CHANGE, ifAbsent: true };
  const again = cluster.wait(cluster.node('n2').namespaces.put('shop', {}, options));
  await t.rejects(again, { code: 'precondition_failed' });
  await remove(cluster, 'n1');
  await cluster.wait(cluster.node('n2').namespaces.put('shop', {}, options));
  t.match(cluster.node('n3').namespaces.history('shop'), [{ from: null }, { to: null }, {}]);
});
