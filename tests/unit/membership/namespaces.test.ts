/** Namespaces on whole clusters: agreed on, kept, and in force for each request. */
import t, { type Test } from 'tap';
import type { PutRequest } from '../../../lib/coordination/request/request.js';
import { fieldOfNamespace, namespaceOfField } from '../../../lib/membership/namespace-rules.js';
import { isNamespaceName } from '../../../lib/partitioning/namespace.js';
import { versionsKeptOf } from '../../../lib/membership/request-defaults.js';
import { SettingsState } from '../../../lib/membership/settings-state.js';
import { SETTINGS as INITIAL } from '../api/fake-namespaces.js';
import { LocalCluster } from '../local-cluster.js';

const CHANGE = { dryRun: false, by: 'a test', ifMatch: undefined };

async function clusterFor(t: Test): Promise<LocalCluster> {
  const cluster = await LocalCluster.of();
  t.teardown(() => cluster.stop());
  return cluster;
}

function put(cluster: LocalCluster, id: string, name: string, rules: unknown, change = {}) {
  return cluster.wait(cluster.node(id).namespaces.put(name, rules, { ...CHANGE, ...change }));
}

function remove(cluster: LocalCluster, id: string, name: string) {
  const options = { ...CHANGE, withKeys: false };
  return cluster.wait(cluster.node(id).namespaces.delete(name, options));
}

function rulesOf(cluster: LocalCluster, id: string, name: string): unknown {
  return cluster
    .node(id)
    .namespaces.list()
    .find(({ namespace }) => namespace === name)?.rules;
}

function namesOn(cluster: LocalCluster, id: string): string[] {
  return cluster
    .node(id)
    .namespaces.list()
    .map(({ namespace }) => namespace);
}

const inShop = (fields: Partial<PutRequest> = {}) => ({ namespace: 'shop', ...fields });

t.test('rules and version of an answer are of one state', async (t) => {
  for (const other of [{ versions_kept: 2 }, undefined]) {
    const cluster = await clusterFor(t);
    await put(cluster, 'n1', 'shop', {});
    // n3 is silent: who changes waits for it, and another one changes meanwhile.
    cluster.network.gate = (from, to) => from !== 'n3' && to !== 'n3';
    const late = { ...CHANGE, timeoutMilliseconds: 3000 };
    const first = cluster.node('n1').namespaces.put('shop', { versions_kept: 1 }, late);
    await cluster.clock.advance(1600);
    const soon = { ...CHANGE, timeoutMilliseconds: 1200 };
    const { namespaces } = cluster.node('n2');
    const second =
      other === undefined
        ? namespaces.delete('shop', { ...soon, withKeys: true })
        : namespaces.put('shop', other, soon);
    const [answer, { version }] = await Promise.all([cluster.wait(first), cluster.wait(second)]);
    t.strictSame(answer.rules, other, 'the rules that are there then');
    t.equal(answer.version, version);
  }
});

t.test('a namespace is made on all nodes, changed, listed and deleted', async (t) => {
  const cluster = await clusterFor(t);
  const dry = await put(cluster, 'n1', 'shop', { default_level: 'one' }, { dryRun: true });
  t.strictSame(dry.nodes, []);
  t.strictSame(namesOn(cluster, 'n1'), ['default'], 'a dry run makes nothing');
  await put(cluster, 'n1', 'shop', { default_level: 'one' });
  await put(cluster, 'n2', 'archive', {});
  for (const id of cluster.ids) {
    t.strictSame(namesOn(cluster, id), ['default', 'archive', 'shop'], id);
  }
  await put(cluster, 'n3', 'shop', { versions_kept: 2 });
  t.strictSame(rulesOf(cluster, 'n1', 'shop'), { versions_kept: 2 });
  await remove(cluster, 'n2', 'archive');
  const gone = cluster.wait(cluster.node('n1').namespaces.view('archive'));
  await t.rejects(gone, { code: 'namespace_not_found' });
  const [last, first] = cluster.node('n1').namespaces.history('shop');
  t.match(first, { by: 'a test', from: null, to: { default_level: 'one' } });
  t.match(last, { from: { default_level: 'one' }, to: { versions_kept: 2 } });
});

t.test('it is there after all nodes were off', async (t) => {
  const cluster = await clusterFor(t);
  await put(cluster, 'n1', 'shop', { default_ttl_s: 60 });
  for (const id of cluster.ids) await cluster.crash(id);
  for (const id of cluster.ids) await cluster.start(id);
  await cluster.wait(Promise.all([...cluster.nodes.values()].map((node) => node.ready())));
  for (const id of cluster.ids) {
    t.strictSame(rulesOf(cluster, id, 'shop'), { default_ttl_s: 60 });
  }
});

t.test('keys of two namespaces are two keys', async (t) => {
  const cluster = await clusterFor(t);
  await put(cluster, 'n1', 'shop', {});
  await cluster.put('n1', 'k', 'default');
  await cluster.put('n1', 'k', 'of the shop', inShop());
  t.strictSame(await cluster.texts('n2', 'k'), ['default']);
  t.strictSame(await cluster.texts('n2', 'k', inShop()), ['of the shop']);
  const list = (namespace: string) =>
    cluster.wait(
      cluster.node('n3').keyLists.list({
        ...{ namespace, prefix: '', limit: 10, cursor: undefined, values: false },
        ...{ level: 'quorum', fallbacks: [], timeoutMilliseconds: 1000 },
      }),
    );
  await cluster.put('n1', 'only here', 'x', inShop());
  t.strictSame(
    (await list('shop')).items.map(({ key }) => key),
    ['k', 'only here'],
  );
  t.strictSame(
    (await list('default')).items.map(({ key }) => key),
    ['k'],
  );
});

t.test('who asks for one that is not there is told how to make it', async (t) => {
  const cluster = await clusterFor(t);
  const wrong = { code: 'namespace_not_found', message: /PUT \/api\/v1\/namespaces\/shop/ };
  await t.rejects(async () => cluster.get('n1', 'k', inShop()), wrong);
  await t.rejects(async () => cluster.put('n1', 'k', 'x', inShop()), wrong);
  await t.rejects(async () => remove(cluster, 'n1', 'shop'), wrong);
});

t.test('levels: its defaults, and what it does not allow', async (t) => {
  const cluster = await clusterFor(t);
  const rules = {
    default_level: 'one',
    default_write_level: 'two',
    allowed_levels: ['one', 'two'],
  };
  await put(cluster, 'n1', 'shop', rules);
  t.match(await cluster.put('n1', 'k', 'x', inShop()), { receipt: { level: 'two' } });
  t.match(await cluster.get('n1', 'k', inShop()), { receipt: { level: 'one' } });
  const refused = { code: 'not_allowed', details: { received: 'quorum', allowed: ['one', 'two'] } };
  await t.rejects(async () => cluster.get('n1', 'k', inShop({ level: 'QUORUM' })), refused);
  await t.rejects(async () => cluster.put('n1', 'k', 'y', inShop({ level: 'quorum' })), refused);
  const fallen = inShop({ fallbacks: ['quorum'] });
  await t.rejects(async () => cluster.get('n1', 'k', fallen), refused);
  t.strictSame(await cluster.texts('n1', 'k', inShop({ level: 'two' })), ['x']);
  t.strictSame(await cluster.texts('n1', 'k', inShop({ level: '2' })), ['x'], 'the same by number');
  const { context = '' } = await cluster.get('n1', 'k', inShop());
  const resolution = { kind: 'strategy', strategy: 'last-writer' } as const;
  const resolve = { ...inShop(), key: 'k', level: 'quorum', fallbacks: [], context, resolution };
  const how = { by: 'a test', timeoutMilliseconds: undefined, durability: 'sync' as const };
  const resolved = async () => cluster.node('n1').coordination.resolve({ ...resolve, ...how });
  await t.rejects(resolved, refused, 'so is a resolution that names a durability');
  const dot = { writer: 'n1.1.aaaaaaaaaaaa', n: 1 };
  const once = { dot, end: { ...dot, n: 2 } };
  const implied = { code: 'not_allowed', details: { received: 'strong', allowed: ['one', 'two'] } };
  await t.rejects(async () => cluster.put('n1', 'k', 'y', inShop({ once })), implied);
  const { coordination } = cluster.node('n1');
  const atOne = { ...resolve, ...how, level: 'one', once };
  await t.rejects(async () => coordination.resolve(atOne), implied, 'what takes effect once');
});

t.test('lists: at a level that is allowed, or at quorum where none is of lists', async (t) => {
  const cluster = await clusterFor(t);
  const list = (level?: string, fallbacks: readonly string[] = []) =>
    cluster.wait(
      cluster.node('n1').keyLists.list({
        ...{ namespace: 'shop', prefix: '', limit: 10, cursor: undefined, values: false },
        ...{ level, fallbacks, timeoutMilliseconds: undefined },
      }),
    );
  const rules = { default_level: 'session', default_write_level: 'any' };
  await put(cluster, 'n1', 'shop', { ...rules, allowed_levels: ['session', 'any'] });
  t.match(await list(), { receipt: { level: 'quorum' } }, 'no level of lists is allowed');
  t.match(await list('quorum'), { receipt: { level: 'quorum' } });
  const only = { code: 'not_allowed', details: { received: 'one', allowed: ['quorum'] } };
  await t.rejects(list('one'), only);
  await t.rejects(list('quorum', ['one']), only);
  await t.rejects(list('session'), { code: 'invalid_level' }, 'at which no list is read anywhere');
  await put(cluster, 'n1', 'shop', { ...rules, allowed_levels: ['session', 'any', 'ONE'] });
  t.match(await list('one'), { receipt: { level: 'one' } });
  const other = { code: 'not_allowed', details: { received: 'quorum', allowed: ['ONE'] } };
  await t.rejects(list('quorum'), other);
  await t.rejects(list(), other, 'one that names none is no exception');
});

t.test('writes: time to live, durability, blind writes, versions, as it says', async (t) => {
  const cluster = await clusterFor(t);
  const rules = { default_ttl_s: 5, durability: 'os', blind_writes: 'sibling', versions_kept: 1 };
  await put(cluster, 'n1', 'shop', rules);
  const durability = undefined;
  const first = await cluster.put('n1', 'k', 'x', inShop({ durability }));
  t.equal(first.receipt.durability, 'os');
  const given = await cluster.put('n1', 'k', 'y', inShop({ durability: 'sync' }));
  t.equal(given.receipt.durability, 'sync', 'a request beats it');
  t.strictSame(await cluster.texts('n1', 'k', inShop()), ['x', 'y'], 'siblings');
  const plain = await cluster.put('n1', 'k', 'z', { durability });
  t.equal(plain.receipt.durability, 'sync', 'the default namespace is as it was');
  const { context } = await cluster.get('n1', 'k', inShop());
  await cluster.put('n1', 'k', 'w', inShop({ context }));
  const looked = cluster.node('n1').coordination.versions({
    ...{ namespace: 'shop', key: 'k', level: undefined, fallbacks: [] },
    timeoutMilliseconds: undefined,
  });
  t.equal((await cluster.wait(looked)).kept.length, 1);
  await cluster.clock.advance(8_000);
  t.strictSame(await cluster.texts('n1', 'k', inShop()), [], 'its values end');
  t.strictSame(await cluster.texts('n1', 'k'), ['z']);
});

t.test('a write of a session is synced, whatever the namespace says', async (t) => {
  const cluster = await clusterFor(t);
  await put(cluster, 'n1', 'shop', { durability: 'memory' });
  const durability = undefined;
  const plain = await cluster.put('n1', 'k', 'x', inShop({ durability }));
  t.equal(plain.receipt.durability, 'memory');
  const ofSession = await cluster.put('n1', 'k', 'y', inShop({ durability, level: 'session' }));
  t.equal(ofSession.receipt.durability, 'sync');
});

t.test(
  'what the cluster says shows in its effective rules, and may not be disallowed',
  async (t) => {
    const cluster = await clusterFor(t);
    await put(cluster, 'n1', 'shop', { default_level: 'one', default_ttl_s: 9 });
    const { effective } = await cluster.node('n2').namespaces.view('shop');
    t.match(effective, { default_level: 'one', default_write_level: 'quorum', durability: 'sync' });
    t.match(effective, { default_ttl_s: 9, allowed_levels: undefined, versions_kept: 0 });
    const refused = { code: 'invalid_request', message: /default_write_level/ };
    const allowed = { default_level: 'one', allowed_levels: ['ONE'] };
    await t.rejects(put(cluster, 'n1', 'shop', allowed), refused);
    await put(cluster, 'n1', 'shop', { ...allowed, default_write_level: '1' });
    t.match(await cluster.put('n1', 'k', 'x', inShop()), { receipt: { level: '1' } });
  },
);

t.test('siblings are resolved as it says', async (t) => {
  const cluster = await clusterFor(t);
  await put(cluster, 'n1', 'shop', { conflict_resolution: 'last-writer', blind_writes: 'sibling' });
  for (const text of ['x', 'y']) await cluster.put('n1', 'k', text, inShop({ level: 'all' }));
  t.strictSame(await cluster.texts('n2', 'k', inShop()), ['y']);
});

t.test('one that holds a key does not go', async (t) => {
  const cluster = await clusterFor(t);
  const rules = { default_level: 'one', default_write_level: 'one', allowed_levels: ['one'] };
  await put(cluster, 'n1', 'shop', rules);
  await cluster.put('n1', 'k', 'x', inShop());
  await t.rejects(remove(cluster, 'n2', 'shop'), { code: 'namespace_not_empty' });
  await cluster.put('n1', 'k', '', inShop({ change: { state: 'tombstone' } }));
  await remove(cluster, 'n2', 'shop');
  await t.rejects(async () => cluster.get('n3', 'k', inShop()), { code: 'namespace_not_found' });
});

t.test('what is no name, no rule, or the default one is refused', async (t) => {
  const cluster = await clusterFor(t);
  for (const name of ['', 'Shop', 'a/b', 'a\u0000b', '-a', 'x'.repeat(64)]) {
    t.notOk(isNamespaceName(name), JSON.stringify(name));
    await t.rejects(put(cluster, 'n1', name, {}), { code: 'invalid_request' }, name);
  }
  await t.rejects(put(cluster, 'n1', 'default', {}), { code: 'not_allowed' });
  await t.rejects(remove(cluster, 'n1', 'default'), { code: 'not_allowed' });
  const wrong = [{ default_level: 'x' }, { what: 1 }, { allowed_levels: [] }, { default_ttl_s: 0 }];
  await t.rejects(put(cluster, 'n1', 'shop', { replicas: 5 }), { code: 'not_implemented' });
  for (const rules of wrong) {
    await t.rejects(put(cluster, 'n1', 'shop', rules), { code: 'invalid_request' });
  }
  t.equal(namespaceOfField(fieldOfNamespace('shop')), 'shop');
  t.equal(namespaceOfField('default_level'), undefined);
});

t.test('it is changed on the version that was seen, and by a majority', async (t) => {
  const cluster = await clusterFor(t);
  const { version } = await put(cluster, 'n1', 'shop', {});
  await put(cluster, 'n2', 'shop', { versions_kept: 1 }, { ifMatch: version });
  const late = put(cluster, 'n3', 'shop', { versions_kept: 2 }, { ifMatch: version });
  await t.rejects(late, { code: 'precondition_failed' });
  for (const id of ['n2', 'n3']) await cluster.crash(id);
  await cluster.clock.advance(4_000);
  await t.rejects(put(cluster, 'n1', 'shop', {}), { code: 'settings_unavailable' });
});

t.test('nothing that is kept is given up for a namespace that is not known', async (t) => {
  const settings = { values: INITIAL, state: SettingsState.initial(INITIAL) };
  const count = (stored: string) => versionsKeptOf(settings, stored);
  t.equal(count('shop~1'), 1000);
  t.equal(count('default'), 0);
  const made = { at: 1, node: 'n1', by: 'a test' };
  const field = (generation: number, rules: unknown) => ({
    [fieldOfNamespace('shop')]: { generation, rules },
  });
  settings.state = settings.state.change(field(1, { versions_kept: 3 }), made);
  t.equal(count('shop~1'), 3);
  settings.state = settings.state.change(field(1, null), made);
  t.equal(count('shop~1'), 0, 'it has ended');
});
