/** What a cluster tells those who look at it: levels, copies of a key, events, convergence. */
import t, { type Test } from 'tap';
import { EventLog } from '../../../lib/environment/event-log.js';
import type { HeldCopy } from '../../../lib/coordination/request/request.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { CountingObserver } from '../fakes.js';
import { nameOf } from '../wire-names.js';

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

const levelsOf = (cluster: LocalCluster, id: string) =>
  Object.fromEntries(
    cluster
      .node(id)
      .cluster.levels()
      .levels.map(({ level, reads, writes }) => [level, [reads, writes]]),
  );

const copiesOf = async (cluster: LocalCluster, id: string, key: string) => {
  const request = { namespace: 'default', key, timeoutMilliseconds: undefined };
  const { copies } = await cluster.wait(cluster.node(id).coordination.copies(request));
  return copies;
};
const shown = (copies: readonly HeldCopy[]) =>
  copies
    .map(({ node, role, said, complete, versions }) => {
      return `${node} ${role} ${said} ${complete} ${versions.length}`;
    })
    .sort();

t.test('levels: the partitions that reach each one, with a node away', async (t) => {
  const cluster = await clusterFor(t, { nodes: 4 });
  t.match(levelsOf(cluster, 'n1'), { all: [16, 16], any: [undefined, 16], eventual: [16, 16] });
  await cluster.crash('n4');
  const owned = cluster.node('n1').cluster.ring().members[3]?.partitions_owned ?? 0;
  t.ok(owned > 0 && owned < 16);
  const degraded = levelsOf(cluster, 'n1');
  t.same(degraded['all'], [16 - owned, 16 - owned]);
  t.same(degraded['three'], degraded['all'], 'N is 3');
  t.same(degraded['quorum'], [16, 16]);
  await cluster.crash('n3');
  const failing = levelsOf(cluster, 'n1');
  t.ok((failing['quorum']?.[0] ?? 16) < 16);
  t.same(failing['one'], [16, 16]);
  t.same(failing['any'], [undefined, 16]);
});

t.test('levels: where no owner is left, this node stands in', async (t) => {
  const cluster = await clusterFor(t, { nodes: 2, replicas: 1 });
  await cluster.crash('n2');
  const levels = levelsOf(cluster, 'n1');
  t.ok((levels['one']?.[0] ?? 16) < 16);
  t.same(levels['any'], [undefined, 16]);
  t.same(levels['eventual'], [16, 16]);
});

t.test('copies: what each owner holds, who lags, and the hint that waits for it', async (t) => {
  const cluster = await clusterFor(t);
  t.same(shown(await copiesOf(cluster, 'n1', 'k')), [
    'n1 owner nothing true 0',
    'n2 owner nothing true 0',
    'n3 owner nothing true 0',
  ]);
  await cluster.put('n1', 'k', 'old', { level: 'all' });
  cluster.network.cut('n1', 'n3');
  cluster.network.cut('n2', 'n3');
  await cluster.put('n1', 'k', 'new');
  t.same(shown(await copiesOf(cluster, 'n1', 'k')), [
    'n1 owner holds true 1',
    'n1 stand-in holds true 1',
    'n2 owner holds true 1',
    'n3 owner down false 0',
  ]);
  t.same(shown(await copiesOf(cluster, 'n3', 'k')), [
    'n1 owner down false 0',
    'n2 owner down false 0',
    'n3 owner holds true 1',
  ]);
});

t.test('copies: an owner that holds less than the others is not complete', async (t) => {
  const cluster = await clusterFor(t);
  cluster.network.gate = (_from, to, message) =>
    !(
      to === 'n3' &&
      (nameOf(message) === 'coordination.write' || message[2] === 'handoff.deliver')
    );
  await cluster.put('n1', 'k', 'x');
  cluster.network.gate = (_from, to, message) =>
    !(to === 'n2' && nameOf(message) === 'coordination.read');
  t.same(shown((await copiesOf(cluster, 'n1', 'k')).filter(({ role }) => role === 'owner')), [
    'n1 owner holds true 1',
    'n2 owner silent false 0',
    'n3 owner nothing false 0',
  ]);
});

t.test('events: what every node says happened to it, the latest first', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.clock.advance(1000);
  await cluster.crash('n3');
  await cluster.clock.advance(4000);
  const { events, unanswered } = await cluster.wait(cluster.node('n1').events.events(100));
  t.same(unanswered, ['n3']);
  for (const node of ['n1', 'n2']) {
    const down = events.find((row) => row.node === node && row.event === 'peer is down');
    t.match(down, { severity: 'warn', fields: { peer: 'n3' } });
  }
  const times = events.map(({ at }) => at);
  t.same(
    times,
    [...times].sort((a, b) => b - a),
  );
  t.equal((await cluster.wait(cluster.node('n1').events.events(1))).events.length, 1);
  const report = (await cluster.wait(cluster.node('n1').cluster.status())).nodes[0]?.report;
  t.same(Object.keys(report?.round_trips_ms ?? {}), ['n2', 'n3']);
});

t.test('convergence: the last exchange of each pair, and what waits', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.clock.advance(30_000);
  const before = await cluster.wait(cluster.node('n2').convergence.convergence());
  t.same(before.unanswered, []);
  t.same(
    before.nodes.map(({ node, exchanges }) => [node, exchanges.map(({ peer }) => peer)]),
    [
      ['n1', ['n2', 'n3']],
      ['n2', ['n1', 'n3']],
      ['n3', ['n1', 'n2']],
    ],
  );
  t.ok(before.nodes.every(({ exchanges }) => exchanges.every(({ result }) => result === 'alike')));
  t.match(before.nodes[0], { rebuilding: [], owned: 16, tombstones: 0, blocked: [] });
  await cluster.crash('n3');
  const after = await cluster.wait(cluster.node('n2').convergence.convergence());
  t.same(after.unanswered, ['n3']);
});

t.test('the log of events is bounded, and counts what repeats', async (t) => {
  let now = 5;
  const next = new CountingObserver();
  const log = new EventLog(next, { wallMilliseconds: () => now });
  log.log('debug', 'a detail');
  t.same(log.latest(10), []);
  log.log('warn', 'peer is down', { peer: 'n2', stack: 'x', long: 'y'.repeat(1000) });
  now = 9;
  log.log('warn', 'peer is down', { peer: 'n3' });
  log.log('warn', 'peer is down', { peer: 'n2', reason: 'again' });
  t.match(
    log.latest(10),
    [
      { number: 2, at: 9, times: 1, fields: { peer: 'n3' } },
      { number: 3, at: 9, times: 2, fields: { peer: 'n2', reason: 'again' } },
    ],
    'each peer has its own row',
  );
  log.log('info', 'settings change', { fields: { default_level: 'one' }, none: undefined });
  const last = log.latest(10).at(-1);
  t.same(last?.fields, { fields: '{"default_level":"one"}', none: '' });
  for (let i = 0; i < 2000; i += 1) log.log('info', `event ${i}`, { long: 'z'.repeat(500) });
  const all = log.latest(10_000);
  t.equal(all.length, 500);
  t.equal(all.at(-1)?.event, 'event 1999');
  t.equal(all[0]?.fields['long']?.length, 200);
  t.same(log.latest(0), []);
});

t.test('an event about very many things leaves room for the others', async (t) => {
  const log = new EventLog(new CountingObserver(), { wallMilliseconds: () => 5 });
  log.log('warn', 'peer is down', { peer: 'n2' });
  for (let i = 0; i < 1000; i += 1) log.log('warn', 'stored bytes are damaged', { key: `k${i}` });
  const all = log.latest(10_000);
  t.equal(all.length, 1 + 64);
  t.match([all[0], all.at(-1)], [{ event: 'peer is down' }, { fields: { key: 'k999' } }]);
  t.equal(all.at(-1)?.times, 1000 - 63);
});

t.test('what happens to many subjects pushes out nothing else, and is bounded', async (t) => {
  const next = new CountingObserver();
  const log = new EventLog(next, { wallMilliseconds: () => 5 });
  log.log('warn', 'peer is down', { peer: 'n2' });
  for (let i = 0; i < 3; i += 1) log.remember('one', 'warn', 'conflict began', { key: 'one' });
  t.match(log.latest(10), [{ event: 'peer is down' }, { fields: { key: 'one' }, times: 3 }]);
  for (let i = 0; i < 1000; i += 1) log.remember(`${i}`, 'info', 'conflict ended', { i });
  const all = log.latest(10_000);
  t.equal(all.length, 1 + 200);
  t.match([all[0], all.at(-1)], [{ event: 'peer is down' }, { fields: { i: '999' } }]);
  t.equal(log.latest(100).length, 51, 'half of what is asked for, and what else there is');
  t.same(log.latest(0), []);
});
