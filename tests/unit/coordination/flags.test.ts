/** Flags of session tokens in a cluster: they go once all owners have answered what they hold. */
import t, { type Test } from 'tap';
import type { NodeId } from '../../../lib/environment/transport.js';
import { OperatingError } from '../../../lib/errors.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { countDots, NO_DOTS } from '../../../lib/versioning/dot-set.js';
import {
  type Flag,
  floorOf,
  NOTHING_SEEN_YET as NEW,
  type SessionToken,
} from '../../../lib/versioning/session-token.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { acceptorRequestsIn, nameOf } from '../wire-names.js';

const KEY = 'k';
const AT = recordKey('default', KEY, 16);
const SESSION = { level: 'session' } as const;
const IDS: readonly NodeId[] = ['n1', 'n2', 'n3'];

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const limits = { hintsBytesMax: 0, exchangeIntervalMilliseconds: 3_600_000, ...options.limits };
  const cluster = await LocalCluster.of({ ...options, limits });
  t.teardown(() => cluster.stop());
  return cluster;
}

/** As a client carries it, and a node meets it. */
function carried(cluster: LocalCluster, id: NodeId, token: SessionToken | undefined): SessionToken {
  const [any] = cluster.nodes.values();
  const text = any?.coordination.sessionText(token === undefined ? [] : [token]);
  return cluster.node(id).coordination.openSession(text ?? '');
}

/** What has been seen in it found no room. */
function flagged(token: SessionToken | undefined, flag: Flag): SessionToken {
  const floors = [...(token?.floors ?? [])].map(([partition, floor]) => {
    return [partition, { ...floor, dots: NO_DOTS, flag, one: false }] as const;
  });
  return { epoch: token?.epoch ?? 1, floors: new Map(floors) };
}

function flagOf(token: SessionToken | undefined): Flag | undefined {
  return token && floorOf(token, AT.partition).flag;
}

/** The old value everywhere, the new one on n1 alone; the token of who wrote it has a flag. */
async function staged(t: Test, flag: Flag = 'all', options: ClusterOptions = {}) {
  const cluster = await clusterFor(t, options);
  await cluster.put('n1', KEY, 'old', { level: 'all' });
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.write';
  const { session } = await cluster.put('n1', KEY, 'new', SESSION);
  cluster.network.gate = () => true;
  return { cluster, session: flagged(session, flag) };
}

/** Reads through one node after the other, as a client does that has several. */
async function read(cluster: LocalCluster, session: SessionToken, key: string, count: number) {
  let token = session;
  for (let i = 0; i < count; i += 1) {
    const id = IDS[i % IDS.length] ?? 'n1';
    const answer = await cluster.get(id, key, { ...SESSION, session: carried(cluster, id, token) });
    token = carried(cluster, id, answer.session);
    await cluster.clock.advance(1100);
  }
  return token;
}

t.test('a flag goes while its token is used, and nothing is missed then', async (t) => {
  for (const flag of ['all', 'majority'] as const) {
    const { cluster, session } = await staged(t, flag);
    // The copy is brought to all owners by the read itself, or is named in the token.
    const token = await read(cluster, session, KEY, 6);
    t.equal(flagOf(token), 'none', flag);
    for (const id of IDS) {
      const found = await cluster.texts(id, KEY, {
        ...SESSION,
        session: carried(cluster, id, token),
      });
      t.strictSame(found, ['new'], `${flag}, ${id}`);
    }
  }
});

t.test('what one disk alone has takes the place of the flag', async (t) => {
  const { cluster, session } = await staged(t);
  t.equal(floorOf(carried(cluster, 'n1', session), AT.partition).dots.size, 0);
  // Another key of the partition: reading it brings no copy of what was written.
  const token = await read(cluster, session, otherKey(), 4);
  const { flag, dots, one } = floorOf(token, AT.partition);
  t.equal(flag, 'none');
  t.ok(countDots(dots) > 0, 'the new value is on one disk');
  t.equal(one, true);
  t.strictSame(
    await cluster.texts('n2', KEY, { ...SESSION, session: carried(cluster, 'n2', token) }),
    ['new'],
  );
});

t.test('a flag of a majority stays where a dot is on fewer disks', async (t) => {
  const { cluster, session } = await staged(t, 'majority');
  const token = await read(cluster, session, otherKey(), 4);
  t.equal(flagOf(token), 'majority');
});

t.test('all owners must have answered', async (t) => {
  const { cluster, session } = await staged(t);
  await read(cluster, session, otherKey(), 3);
  // The one that has it all alone can tell nothing yet: its clock is not complete.
  await cluster.crash('n1');
  await cluster.restart('n1');
  const sent = { ...SESSION, session: carried(cluster, 'n2', session) };
  const { session: after } = await cluster.get('n2', otherKey(), sent);
  t.equal(flagOf(after), 'all');
});

t.test('what was answered before a token or a past was met counts for nothing', async (t) => {
  const cluster = await clusterFor(t);
  const first = await cluster.put('n1', KEY, 'old', { ...SESSION, level: 'all', session: NEW });
  t.equal(flagOf(await read(cluster, flagged(first.session, 'all'), KEY, 9)), 'none', 'answered');
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.write';
  const { session } = await cluster.put('n1', KEY, 'new', SESSION);
  const quiet = ['coordination.held-clocks', 'coordination.write'];
  cluster.network.gate = (_from, _to, message) => !quiet.includes(nameOf(message) ?? '');
  const sent = { ...SESSION, session: carried(cluster, 'n2', flagged(session, 'all')) };
  t.equal(flagOf((await cluster.get('n2', otherKey(), sent)).session), 'all', 'a token');
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.held-clocks';
  const causal = { level: 'causal', session: carried(cluster, 'n1', flagged(session, 'all')) };
  await cluster.put('n1', otherKey(), 'effect', causal);
  await cluster.clock.advance(50);
  const met = await cluster.get('n2', otherKey(), { level: 'causal' });
  t.equal(flagOf(met.session), 'all', 'a past');
});

t.test('a loss that comes while they tell keeps the flag', async (t) => {
  const { cluster, session } = await staged(t);
  await read(cluster, session, otherKey(), 3);
  cluster.network.gate = (_from, _to, message) => {
    if (nameOf(message) === 'coordination.held-clocks') {
      cluster.node('n1').disk.losses.learn([[AT.partition, 'n2', 7]]);
    }
    return true;
  };
  const sent = { ...SESSION, session: carried(cluster, 'n1', session), timeoutMilliseconds: 500 };
  const refused = await cluster.get('n1', otherKey(), sent).catch((error: unknown) => error);
  t.ok(refused instanceof OperatingError && refused.code === 'session_not_covered');
});

t.test('with an owner down afterwards reads are answered as before', async (t) => {
  const { cluster, session } = await staged(t, 'all', {
    limits: { exchangeIntervalMilliseconds: 2000, hintsBytesMax: 1_000_000 },
  });
  await cluster.crash('n3');
  await cluster.clock.advance(10_000);
  const sent = { ...SESSION, session: carried(cluster, 'n1', session), timeoutMilliseconds: 500 };
  const refused = await cluster.get('n1', KEY, sent).catch((error: unknown) => error);
  t.ok(refused instanceof OperatingError && refused.code === 'session_not_covered', 'the flag');
  await cluster.restart('n3');
  await cluster.clock.advance(10_000);
  const token = await read(cluster, session, KEY, 12);
  t.equal(flagOf(token), 'none');
  await cluster.crash('n1');
  await cluster.clock.advance(10_000);
  for (const id of ['n2', 'n3']) {
    const found = await cluster.texts(id, KEY, {
      ...SESSION,
      session: carried(cluster, id, token),
    });
    t.strictSame(found, ['new'], id);
  }
});

t.test('after a kill an owner tells nothing before its clock is complete', async (t) => {
  const { cluster, session } = await staged(t);
  // Nobody has looked: then no clock is known to be complete.
  const first = await cluster.get('n2', otherKey(), {
    ...SESSION,
    session: carried(cluster, 'n2', session),
  });
  t.equal(flagOf(carried(cluster, 'n2', first.session)), 'all');
});

t.test('an owner that has accepted what it has not learned tells nothing', async (t) => {
  const { cluster, session } = await staged(t);
  await read(cluster, session, otherKey(), 3);
  cluster.network.gate = (_from, _to, message) =>
    acceptorRequestsIn(message).every(({ is }) => is !== 'learn');
  await cluster.put('n1', otherKey(), 'strong', { level: 'strong' });
  t.ok(
    IDS.some((id) => cluster.node(id).disk.acceptor.accepted().length > 0),
    'it is not learned everywhere',
  );
  const token = await read(cluster, session, otherKey(), 1);
  t.equal(flagOf(token), 'all');
});

t.test('a loss that came since keeps the flag of all owners', async (t) => {
  const { cluster, session } = await staged(t);
  await read(cluster, session, otherKey(), 3);
  for (const id of IDS) {
    cluster.node(id).disk.losses.learn([[AT.partition, 'n2', 7]]);
  }
  const sent = { ...SESSION, session: carried(cluster, 'n1', session), timeoutMilliseconds: 500 };
  const refused = await cluster.get('n1', KEY, sent).catch((error: unknown) => error);
  t.ok(refused instanceof OperatingError && refused.code === 'session_not_covered');
});

t.test('a past with a flag gives none once all owners answered since it was met', async (t) => {
  const { cluster, session } = await staged(t);
  const effect = otherKey();
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.held-clocks';
  const causal = { level: 'causal', session: carried(cluster, 'n1', session) };
  await cluster.put('n1', effect, 'effect', causal);
  cluster.network.gate = () => true;
  await cluster.clock.advance(2000);
  const met = await cluster.get('n2', effect, { level: 'causal' });
  t.equal(flagOf(carried(cluster, 'n2', met.session)), 'all', 'taken over');
  let token = carried(cluster, 'n2', met.session);
  for (let i = 0; i < 4; i += 1) {
    const answer = await cluster.get('n2', effect, { ...SESSION, session: token });
    token = carried(cluster, 'n2', answer.session);
    await cluster.clock.advance(1100);
  }
  t.equal(flagOf(token), 'none', 'its reader has lost it');
  const again = await cluster.get('n2', effect, { level: 'causal' });
  t.equal(flagOf(carried(cluster, 'n2', again.session)), 'none', 'another reader takes none over');
  const after = { ...SESSION, session: carried(cluster, 'n2', again.session) };
  t.strictSame(await cluster.texts('n3', KEY, after), ['new'], 'and misses nothing');
});

t.test('pasts of the same bytes may stand for other dots', async (t) => {
  const { cluster, session } = await staged(t);
  const [first, second] = [otherKey(), otherKey(1)];
  const effect = async (key: string, seen: SessionToken): Promise<void> => {
    cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.held-clocks';
    const causal = { level: 'causal', session: carried(cluster, 'n1', seen) };
    await cluster.put('n1', key, 'effect', causal);
    await cluster.clock.advance(2000);
  };
  await effect(first, session);
  const met = await cluster.get('n2', first, { level: 'causal' });
  cluster.network.gate = () => true;
  await read(cluster, carried(cluster, 'n2', met.session), otherKey(), 9);
  const reported = await cluster.get('n2', first, { level: 'causal' });
  t.equal(flagOf(reported.session), 'none', 'answered since it was met');
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.write';
  const newer = await cluster.put('n1', KEY, 'newer', SESSION);
  await effect(second, flagged(newer.session, 'all'));
  const taken = await cluster.get('n2', second, { level: 'causal' });
  t.equal(flagOf(taken.session), 'all');
});

t.test('a request waits no longer than a quarter of its time', async (t) => {
  const { cluster, session } = await staged(t);
  cluster.network.gate = (_from, _to, message) => nameOf(message) !== 'coordination.held-clocks';
  const token = carried(cluster, 'n1', session);
  const from = cluster.clock.monotonicMilliseconds();
  t.strictSame(
    await cluster.texts('n1', KEY, { ...SESSION, session: token, timeoutMilliseconds: 400 }),
    ['new'],
  );
  t.ok(cluster.clock.monotonicMilliseconds() - from <= 200);
});

/** Of the same partition. */
function otherKey(place = 0): string {
  let left = place;
  for (let i = 0; ; i += 1) {
    if (recordKey('default', `o${i}`, 16).partition !== AT.partition) continue;
    if (left === 0) return `o${i}`;
    left -= 1;
  }
}
