/** Settings on whole nodes: changed at a majority, kept, carried to those who were away. */
import t, { type Test } from 'tap';
import type {
  ChangeOptions,
  ConsistencySettings,
  SettingsAnswer,
} from '../../../lib/membership/settings-types.js';
import type { Message, Transport } from '../../../lib/environment/transport.js';
import { SettingsRegister } from '../../../lib/membership/settings-register.js';
import { SettingsDoubt } from '../../../lib/membership/settings-doubt.js';
import type { Store } from '../../../lib/persistence/store.js';
import { Messenger } from '../../../lib/rpc/messenger.js';
import { OperatingError } from '../../../lib/errors.js';
import { SeededRandom } from '../fakes.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { openDisk } from '../persistence/disk.js';

const PLAIN: ChangeOptions = { ifMatch: undefined, dryRun: false, by: 'test' };

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

function change(
  cluster: LocalCluster,
  id: string,
  fields: object,
  options: Partial<ChangeOptions> = {},
): Promise<SettingsAnswer> {
  const { settings } = cluster.node(id);
  // What comes over HTTP has no type yet.
  return cluster.wait(
    Promise.resolve().then(() => settings.change(fields, { ...PLAIN, ...options })),
  );
}

const noDoubt = (store: Store): SettingsDoubt =>
  new SettingsDoubt({
    ...{ store, others: () => [] },
    transport: { isOpen: () => false },
    isSettled: () => true,
  });

const levelAt = (cluster: LocalCluster, id: string): string =>
  cluster.node(id).settings.current().settings.default_level;

t.test('a change is on all nodes that are up, and governs what requests do not say', async (t) => {
  const cluster = await clusterFor(t);
  const { version, nodes, settings } = await change(cluster, 'n1', { default_level: 'one' });
  t.strictSame(nodes, ['n1', 'n2', 'n3']);
  t.equal(settings.default_level, 'one');
  for (const id of cluster.ids) t.equal(cluster.node(id).settings.current().version, version);
  const { receipt } = await cluster.get('n3', 'k');
  t.equal(receipt.level, 'one');
  await change(cluster, 'n2', { blind_writes: 'refuse' });
  await t.rejects(cluster.put('n3', 'k', 'x'), { code: 'context_required', outcome: 'none' });
  await change(cluster, 'n2', { blind_writes: 'sibling' });
  await cluster.put('n1', 'k', 'x');
  await cluster.put('n1', 'k', 'y');
  t.strictSame(await cluster.texts('n2', 'k'), ['x', 'y']);
});

t.test('a minority changes nothing', async (t) => {
  const cluster = await clusterFor(t, { nodes: 5 });
  for (const id of ['n3', 'n4', 'n5']) await cluster.crash(id);
  const refused = change(cluster, 'n1', { default_level: 'one' });
  await t.rejects(refused, {
    code: 'settings_unavailable',
    outcome: 'none',
    details: { required: 3, received: 2 },
  });
  t.equal(levelAt(cluster, 'n1'), 'quorum');
  await cluster.restart('n3');
  const { nodes } = await change(cluster, 'n1', { default_level: 'one' });
  t.strictSame(nodes, ['n1', 'n2', 'n3']);
});

t.test('a change that the own store refuses is not in force', async (t) => {
  const cluster = await clusterFor(t);
  const { store } = cluster.node('n1').disk;
  const transact = store.transact.bind(store);
  store.transact = () => {
    throw new OperatingError('overloaded', 'too many bytes wait for the disk');
  };
  const refused = change(cluster, 'n1', { default_level: 'one' });
  await t.rejects(refused, { code: 'overloaded', outcome: 'none' });
  store.transact = transact;
  t.equal(levelAt(cluster, 'n1'), 'quorum');
});

t.test('a change that the own disk does not take is not in force', async (t) => {
  const { store, storage, observer, clock } = await openDisk();
  const messenger = { handle: () => undefined, request: () => Promise.reject(new Error('alone')) };
  const initial = {
    default_level: 'quorum',
    default_write_level: 'quorum',
    read_repair_probability: 0,
    blind_writes: 'overwrite',
    tombstone_retention_s: 1,
    conflict_resolution: 'siblings',
    versions_kept: 0,
    versions_kept_for_s: 0,
    rate_limit_max: 0,
    rate_limit_window: '1s',
  } as const satisfies ConsistencySettings;
  const settings = new SettingsRegister({
    ...{ store, clock, observer, initial, self: 'n1', members: ['n1'], timeoutMilliseconds: 1000 },
    ...{ random: new SeededRandom(1), pageBytesMax: 100_000 },
    doubt: noDoubt(store),
    messenger: messenger as unknown as Messenger,
  });
  const { hash } = settings;
  storage.held = true;
  const one = settings.change({ default_level: 'one' }, PLAIN);
  const two = settings.change({ default_level: 'two' }, PLAIN);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(settings.values.default_level, 'quorum', 'not before it is durable');
  await storage.release();
  await one;
  t.equal(settings.values.default_level, 'one');
  await new Promise((resolve) => setImmediate(resolve));
  const refused = t.rejects(two, { code: 'storage_failed' });
  await storage.fail();
  await refused;
  t.equal(settings.values.default_level, 'one', 'nor where the disk has failed');
  t.not(settings.hash, hash);
});

t.test('what is invalid is named, and changes nothing', async (t) => {
  const cluster = await clusterFor(t);
  const rows: [object, string][] = [
    [{ default_level: 'most' }, 'default_level'],
    [{ default_level: 'any' }, 'default_level'],
    [{ default_level: 'bounded-staleness;max=2h' }, 'default_level'],
    [{ default_write_level: 7 }, 'default_write_level'],
    [{ read_repair_probability: 1.5 }, 'read_repair_probability'],
    [{ read_repair_probability: '1' }, 'read_repair_probability'],
    [{ blind_writes: null }, 'blind_writes'],
    [{ default_level: 'one', surprise: 1 }, 'surprise'],
  ];
  const before = cluster.node('n1').settings.current().version;
  for (const [fields, field] of rows) {
    const refused = change(cluster, 'n1', fields);
    await t.rejects(refused, { code: 'invalid_request', details: { field } }, field);
  }
  t.equal(cluster.node('n1').settings.current().version, before);
  t.strictSame(cluster.node('n1').settings.history(), []);
});

t.test('a dry run shows and changes nothing; If-Match holds against the newest', async (t) => {
  const cluster = await clusterFor(t);
  const before = cluster.node('n1').settings.current().version;
  const dry = await change(cluster, 'n1', { default_level: 'one' }, { dryRun: true });
  t.strictSame([dry.settings.default_level, dry.nodes], ['one', []]);
  t.equal(levelAt(cluster, 'n1'), 'quorum');
  const done = await change(cluster, 'n1', { default_level: 'one' }, { ifMatch: before });
  t.equal(done.version, dry.version);
  const late = change(cluster, 'n3', { default_level: 'all' }, { ifMatch: before });
  await t.rejects(late, { code: 'precondition_failed', details: { version: done.version } });
  const dryLate = change(cluster, 'n3', {}, { ifMatch: before, dryRun: true });
  await t.rejects(dryLate, { code: 'precondition_failed' });
});

t.test('history, and back to a version; all of it survives restarts', async (t) => {
  const cluster = await clusterFor(t);
  const first = cluster.node('n1').settings.current().version;
  const one = await change(cluster, 'n1', { default_level: 'one' }, { by: 'alice' });
  await change(cluster, 'n2', { read_repair_probability: 1 }, { by: 'bob' });
  const { settings } = cluster.node('n3');
  const back = await cluster.wait(settings.rollback(one.version, { ...PLAIN, by: 'carol' }));
  t.equal(back.settings.read_repair_probability, 0);
  t.strictSame(
    settings.history().map(({ by, node }) => `${by} ${node}`),
    ['carol n3', 'bob n2', 'alice n1'],
  );
  t.strictSame(settings.history().at(-1)?.changed, {
    default_level: { from: 'quorum', to: 'one' },
  });
  await t.rejects(cluster.wait(settings.rollback('9-00000000', PLAIN)), { code: 'not_found' });
  for (const id of cluster.ids) await cluster.crash(id);
  for (const id of cluster.ids) await cluster.start(id);
  await cluster.clock.advance(1_000);
  t.equal(levelAt(cluster, 'n2'), 'one');
  t.equal(cluster.node('n1').settings.history().length, 3);
  const initial = await cluster.wait(cluster.node('n1').settings.rollback(first, PLAIN));
  t.equal(initial.settings.default_level, 'quorum');
});

t.test('a node that was away learns with the first message, before it serves it', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.crash('n3');
  await change(cluster, 'n1', { default_level: 'one' });
  cluster.network.gate = (_from, to, message) =>
    to !== 'n3' || message[0] !== 0 || message[2] !== 'membership.ping';
  await cluster.restart('n3');
  await cluster.put('n1', 'k', 'x', { level: 'all' });
  t.equal(levelAt(cluster, 'n3'), 'one');
  cluster.network.gate = () => true;
  await cluster.crash('n2');
  await change(cluster, 'n1', { default_level: 'all' });
  await cluster.restart('n2');
  await cluster.clock.advance(2_000);
  t.equal(levelAt(cluster, 'n2'), 'all', 'or by heartbeats, if nobody asks it for anything');
});

t.test(
  'two changes at once: each answer names what survived, and all come to the same',
  async (t) => {
    const cluster = await clusterFor(t);
    const answers = await cluster.wait(
      Promise.all([
        cluster.node('n1').settings.change({ default_level: 'one' }, PLAIN),
        cluster.node('n2').settings.change({ default_level: 'two' }, PLAIN),
        cluster.node('n3').settings.change({ read_repair_probability: 1 }, PLAIN),
      ]),
    );
    await cluster.put('n1', 'k', 'x', { level: 'all' });
    await cluster.get('n2', 'k', { level: 'all' });
    await cluster.clock.advance(1_000);
    const versions = cluster.ids.map((id) => cluster.node(id).settings.current().version);
    t.equal(new Set(versions).size, 1, versions.join());
    t.equal(levelAt(cluster, 'n1'), 'two');
    t.equal(cluster.node('n1').settings.history().length, 3);
    t.ok(answers.every(({ nodes }) => nodes.length === 3));
  },
);

/** A node's settings, and what it sends to the only peer. */
async function alone() {
  const { store, clock, observer } = await openDisk();
  const sent: Message[] = [];
  const transport: Transport = {
    start: async () => undefined,
    setPeers: () => undefined,
    send: (_to, message) => sent.push(message) > 0,
    beforeLeaving: () => true,
    isOpen: () => true,
    awaitsVerdictOf: () => false,
    drop: () => undefined,
    stop: async () => undefined,
  };
  const messenger = new Messenger({
    ...{ transport, clock, observer, pendingMax: 10 },
    random: new SeededRandom(1),
  });
  const settings = new SettingsRegister({
    ...{ self: 'n1', members: ['n1', 'n2'], store, messenger, clock, observer },
    ...{ random: new SeededRandom(1), pageBytesMax: 100_000 },
    doubt: noDoubt(store),
    initial: new LocalCluster().optionsOf('n1').consistency,
    timeoutMilliseconds: 1_000,
  });
  /** Answers the last question. */
  const answer = (fields: readonly unknown[], hash: number): void => {
    const [, id] = sent.at(-1) as [number, number];
    messenger.receive('n2', [1, id, { settings: { fields, history: [] }, more: false, hash }]);
  };
  return { settings, sent, answer };
}

t.test('settings of which this version knows but a part are asked for once', async (t) => {
  const { settings, sent, answer } = await alone();
  const served = settings.reconcile('n2', 77);
  answer([['of_a_later_version', true, [1, 'n2']]], 77);
  await served;
  await settings.reconcile('n2', 77);
  t.equal(sent.length, 1);
});

t.test('what a peer has forgotten since is asked for again, of whoever tells of it', async (t) => {
  const { settings, sent, answer } = await alone();
  const served = settings.reconcile('n2', 77);
  answer([], 55);
  await served;
  await settings.reconcile('n2', 55);
  t.equal(sent.length, 1, 'what it knows now is known');
  const again = settings.reconcile('n2', 77);
  answer([['default_level', 'one', [1, 'n2']]], 77);
  await again;
  t.equal(sent.length, 2);
  t.equal(settings.values.default_level, 'one');
});

t.test('what a peer learnt after it was asked is asked for before it is served', async (t) => {
  const { settings, sent, answer } = await alone();
  const earlier = settings.reconcile('n2', 77);
  const alike = settings.reconcile('n2', 77);
  // The peer has answered already when its settings change, and the answer is not merged yet.
  answer([['default_level', 'two', [1, 'n2']]], 77);
  const later = settings.reconcile('n2', 88);
  await Promise.all([earlier, alike]);
  t.equal(sent.length, 2, 'one question for each state of the peer');
  answer([['default_level', 'one', [2, 'n2']]], 88);
  await later;
  t.equal(settings.values.default_level, 'one');
});
