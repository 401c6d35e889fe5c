/** Session tokens in a cluster: what was seen on one node is not missing on another. */
import t, { type Test } from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { parseDot } from '../../../lib/versioning/dot.js';
import { dotSetOf } from '../../../lib/versioning/dot-set.js';
import { floorOf, type SessionToken } from '../../../lib/versioning/session-token.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { nameOf } from '../wire-names.js';

const KEY = 'k';
const AT = recordKey('default', KEY, 16);
const ONE = { level: 'one' } as const;

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const limits = { hintsBytesMax: 0, exchangeIntervalMilliseconds: 3_600_000, ...options.limits };
  const cluster = await LocalCluster.of({ ...options, limits });
  t.teardown(() => cluster.stop());
  return cluster;
}

/** Copies do not arrive, as if each link had lost them. */
function loseCopies(cluster: LocalCluster): void {
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.write';
}

function cutOff(cluster: LocalCluster, id: string): void {
  cluster.network.gate = (from, to) => from !== id && to !== id;
}

async function refusalOf(work: Promise<unknown>): Promise<OperatingError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof OperatingError) return error;
  throw new Error('it was not refused');
}

/** As a client carries it. */
function carried(cluster: LocalCluster, token: SessionToken | undefined): SessionToken {
  const { coordination } = cluster.node('n1');
  return coordination.openSession(coordination.sessionText(token === undefined ? [] : [token]));
}

/** The old value everywhere, the new one on n1 alone; what its writer has seen. */
async function staged(t: Test, options?: ClusterOptions) {
  const cluster = await clusterFor(t, options);
  await cluster.put('n1', KEY, 'old', { level: 'all' });
  loseCopies(cluster);
  const { session } = await cluster.put('n1', KEY, 'new', { level: 'session' });
  return { cluster, session: carried(cluster, session) };
}

t.test('a token is met on any node, at any level; without it one may read the past', async (t) => {
  const { cluster, session } = await staged(t);
  t.strictSame(await cluster.texts('n2', KEY, ONE), ['old'], 'without a token');
  for (const level of ['session', 'one', 'local-one', 'eventual', 'two', 'quorum']) {
    t.strictSame(await cluster.texts('n2', KEY, { level, session }), ['new'], level);
  }
});

t.test('what the session has seen is named where nobody who answers has it', async (t) => {
  const { cluster, session } = await staged(t);
  cutOff(cluster, 'n1');
  await cluster.clock.advance(10_000);
  const refusal = await refusalOf(cluster.get('n2', KEY, { ...ONE, session }));
  t.equal(refusal.code, 'session_not_covered');
  t.equal(refusal.outcome, 'none');
  t.match(refusal.details, { missing: [/^n1\./], written_on: ['n1'], up: 2 });
  const put = await refusalOf(cluster.put('n2', KEY, 'newer', { ...ONE, session }));
  t.equal(put.code, 'session_not_covered');
  cluster.network.gate = () => true;
  cluster.network.heal();
  await cluster.clock.advance(10_000);
  t.strictSame(await cluster.texts('n2', KEY, { ...ONE, session }), ['new'], 'the cut has healed');
});

t.test(
  'an entry is an exact dot: a later number of its writer does not stand for it',
  async (t) => {
    const cluster = await clusterFor(t);
    await cluster.put('n1', KEY, 'old', { level: 'all' });
    loseCopies(cluster);
    const { session } = await cluster.put('n1', KEY, 'lost on its way', { level: 'session' });
    let other = '';
    for (let i = 0; other === ''; i += 1) {
      if (recordKey('default', `o${i}`, 16).partition === AT.partition) other = `o${i}`;
    }
    cluster.network.gate = () => true;
    await cluster.put('n1', other, 'a later number, which n2 has', { level: 'all' });
    const found = await cluster.texts('n2', KEY, { ...ONE, session: carried(cluster, session) });
    t.strictSame(found, ['lost on its way']);
  },
);

t.test('a write is minted on what its session has seen', async (t) => {
  const { cluster, session } = await staged(t);
  cluster.network.gate = () => true;
  const written = await cluster.put('n2', KEY, 'newer', { ...ONE, session });
  t.equal(written.replaced.length, 1, 'the new one, which n2 had not');
  t.strictSame(await cluster.texts('n2', KEY, ONE), ['newer']);
});

t.test('a write that is passed on takes what its session has seen with it', async (t) => {
  const cluster = await clusterFor(t, { nodes: 4 });
  const key = cluster.keyOwnedBy(['n1', 'n2', 'n3']);
  await cluster.put('n1', key, 'old', { level: 'all' });
  loseCopies(cluster);
  const { session } = await cluster.put('n1', key, 'new', { level: 'session' });
  cluster.network.gate = () => true;
  const token = carried(cluster, session);
  const { replaced } = await cluster.put('n4', key, 'newer', { ...ONE, session: token });
  t.equal(replaced.length, 1);
  t.strictSame(await cluster.texts('n4', key, { ...ONE, session: token }), ['newer']);
});

t.test('dots of reads are synced where they were read, before they are named', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', KEY, 'old', { level: 'all' });
  const disk = cluster.disks.get('n2');
  if (disk !== undefined) disk.held = true;
  await cluster.put('n1', KEY, 'new', { level: 'two' });
  let answered = false;
  const { coordination } = cluster.node('n2');
  const request = { namespace: 'default', key: KEY, level: 'session', fallbacks: [] };
  const reading = Promise.resolve(coordination.get({ ...request, timeoutMilliseconds: 4000 }));
  void reading.then(() => {
    answered = true;
  });
  await cluster.clock.advance(40);
  t.equal(answered, false, 'the disk has not taken what n2 would answer');
  if (disk !== undefined) disk.held = false;
  while (disk !== undefined && disk.waiting.length > 0) await disk.release();
  const { session, siblings } = await cluster.wait(reading);
  const [dot] = siblings.map((version) => version.dot);
  t.strictSame(
    floorOf(session ?? carried(cluster, undefined), AT.partition).dots,
    dotSetOf(dot ? [dot] : []),
  );
});

t.test('what is seen bears the losses that were known when the request began', async (t) => {
  const cluster = await clusterFor(t);
  cluster.network.gate = (_from, _to, message) => {
    const { losses } = cluster.node('n1').disk;
    losses.learn([[AT.partition, 'n2', losses.markOf(AT.partition) + 7]]);
    return message !== undefined;
  };
  const markOf = (token: SessionToken | undefined): number | undefined =>
    token?.floors.get(AT.partition)?.mark;
  const asked = { level: 'quorum', session: carried(cluster, undefined) };
  const known = (): number => cluster.node('n1').disk.losses.markOf(AT.partition);
  const written = await cluster.put('n1', KEY, 'v', asked);
  t.equal(markOf(written.session), 0);
  const before = known();
  t.ok(before > 0);
  const read = await cluster.get('n1', KEY, asked);
  t.equal(markOf(read.session), before);
  t.ok(known() > before);
});

t.test('what all disks have leaves a token, and not before', async (t) => {
  const cluster = await clusterFor(t, { nodes: 4 });
  // Of one it knows its own clock, of the other only what the owners tell.
  for (const isOwner of [true, false]) {
    const key = cluster.keyOwnedBy(['n1'], isOwner);
    const { partition } = recordKey('default', key, 16);
    const { session, version } = await cluster.put('n1', key, 'v', {
      level: 'all',
      session: carried(cluster, undefined),
    });
    const writer = parseDot(version)?.writer;
    t.ok(writer);
    const named = () => [...floorOf(carried(cluster, session), partition).dots.keys()];
    t.strictSame(named(), [writer], 'clocks reach disks later');
    await cluster.clock.advance(500);
    carried(cluster, session);
    await cluster.clock.advance(400);
    t.strictSame(named(), [writer], 'they are in memory alone');
    for (let i = 0; i < 4; i += 1) {
      await cluster.clock.advance(1100);
      carried(cluster, session);
    }
    t.strictSame(named(), []);
  }
});

t.test('who reads an effect at `causal` has seen its causes, on other keys too', async (t) => {
  const { cluster, session } = await staged(t);
  cluster.network.gate = () => true;
  const effect = 'the effect';
  await cluster.put('n1', effect, 'of the new one', { level: 'causal', session });
  await cluster.clock.advance(10);
  const seen = await cluster.get('n2', effect, { level: 'causal' });
  t.strictSame(await cluster.texts('n2', KEY, ONE), ['old'], 'without what was taken over');
  const after = { ...ONE, session: carried(cluster, seen.session) };
  t.strictSame(await cluster.texts('n2', KEY, after), ['new']);
});

t.test('the causes of all siblings are taken over', async (t) => {
  const cluster = await clusterFor(t);
  const keys = ['c1', 'c2'];
  const empty = await cluster.get('n1', KEY, { level: 'quorum' });
  for (const key of keys) await cluster.put('n1', key, 'old', { level: 'all' });
  for (const [i, key] of keys.entries()) {
    loseCopies(cluster);
    const { session } = await cluster.put('n1', key, 'new', { level: 'session' });
    cluster.network.gate = () => true;
    const past = { level: 'causal', session: carried(cluster, session), context: empty.context };
    await cluster.put('n1', KEY, `effect ${i}`, past);
  }
  await cluster.clock.advance(10);
  const seen = await cluster.get('n2', KEY, { level: 'causal' });
  t.equal(seen.siblings.length, 2);
  for (const key of keys) {
    const after = { ...ONE, session: carried(cluster, seen.session) };
    t.strictSame(await cluster.texts('n2', key, after), ['new'], key);
  }
});

t.test('a resolution at `strong` keeps the causes of what it resolves', async (t) => {
  const { cluster, session } = await staged(t);
  cluster.network.gate = () => true;
  const effect = 'the effect';
  const empty = await cluster.get('n1', effect, { level: 'quorum' });
  const { context } = empty;
  await cluster.put('n1', effect, 'of the new one', { level: 'causal', session, context });
  await cluster.put('n1', effect, 'beside it', { level: 'all', context });
  const siblings = await cluster.get('n1', effect, { level: 'strong' });
  t.equal(siblings.siblings.length, 2);
  const resolving = cluster.node('n2').coordination.resolve({
    ...{ namespace: 'default', key: effect, level: 'strong', fallbacks: [] },
    ...{ context: siblings.context ?? '', by: 'a test', durability: 'sync' },
    ...{ resolution: { kind: 'strategy', strategy: 'last-writer' } },
    timeoutMilliseconds: undefined,
  });
  await cluster.wait(resolving);
  const seen = await cluster.get('n2', effect, { level: 'causal' });
  t.equal(seen.siblings.length, 1);
  const after = { ...ONE, session: carried(cluster, seen.session) };
  t.strictSame(await cluster.texts('n2', KEY, after), ['new']);
});

t.test('an acknowledgement that a crash may take is refused', async (t) => {
  const cluster = await clusterFor(t);
  for (const level of ['session', 'causal']) {
    for (const durability of ['os', 'memory'] as const) {
      const refusal = await refusalOf(cluster.put('n1', KEY, 'v', { level, durability }));
      t.match(refusal, { code: 'invalid_request', details: { received: durability } });
    }
  }
});

t.test('what this cluster has not issued is no token', async (t) => {
  const cluster = await clusterFor(t);
  const { coordination } = cluster.node('n1');
  const text = coordination.sessionText([]);
  t.ok(coordination.openSession(`${text}, ${text}`), 'two tokens are one');
  t.equal(coordination.openSession('new').floors.size, 0, 'a session begins, at any level');
  for (const forged of ['', 'nothing', `${text}A`, `${text},`, `${text.slice(0, -2)}xx`]) {
    t.throws(() => coordination.openSession(forged), { code: 'invalid_session_token' }, forged);
  }
});

t.test('nothing new: the same text', async (t) => {
  const { cluster, session } = await staged(t);
  const { coordination } = cluster.node('n1');
  const text = coordination.sessionText([session]);
  const again = await cluster.get('n1', KEY, { ...ONE, session: coordination.openSession(text) });
  t.equal(coordination.sessionText(again.session === undefined ? [] : [again.session]), text);
});
