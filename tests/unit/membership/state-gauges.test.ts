/** Gauges of a node: keys, conflicts, hints, lag, balance, as they are when somebody looks. */
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { fairShare } from '../../../lib/membership/state-gauges.js';
import { inTime } from '../in-time.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const cluster = await LocalCluster.of(options);
  t.teardown(() => cluster.stop());
  return cluster;
}

/** What a node says when it is asked now; names without `quorate_`. */
async function gaugesOf(cluster: LocalCluster, id: string): Promise<Record<string, number>> {
  await cluster.wait(cluster.node(id).gauges.measure());
  const measures = cluster.observers.get(id)?.measures ?? new Map<string, number>();
  return Object.fromEntries(
    [...measures].map(([name, value]) => [name.replace('quorate_', ''), value]),
  );
}

t.test('keys that hold a value, and those in conflict, are counted', async (t) => {
  const cluster = await clusterFor(t);
  for (const key of ['a', 'b', 'c']) await cluster.put('n1', key, 'x', { level: 'all' });
  await cluster.put('n1', 'c', '', { level: 'all', change: { state: 'tombstone' } });
  t.match(await gaugesOf(cluster, 'n2'), { keys: 2, keys_in_conflict: 0, uptime_seconds: Number });

  const { context } = await cluster.get('n1', 'a');
  await cluster.put('n1', 'a', 'one', { level: 'all', context });
  await cluster.put('n2', 'a', 'two', { level: 'all', context });
  t.match(await gaugesOf(cluster, 'n2'), { keys: 2, keys_in_conflict: 1 });

  // A new life counts what the one before has left.
  await cluster.crash('n2');
  await cluster.start('n2');
  await cluster.wait(cluster.node('n2').ready());
  t.match(await gaugesOf(cluster, 'n2'), { keys: 2, keys_in_conflict: 1 });
  const after = await cluster.get('n1', 'a');
  await cluster.put('n1', 'a', 'both', { level: 'all', context: after.context });
  t.match(await gaugesOf(cluster, 'n2'), { keys: 2, keys_in_conflict: 0 });
});

t.test('what ended, was deleted, or is kept for consensus is no key', async (t) => {
  const cluster = await clusterFor(t);
  const keys = async (id: string) => (await gaugesOf(cluster, id))['keys'];
  for (const key of ['a', 'b', 'c']) await cluster.put('n1', key, 'x', { level: 'strong' });
  await cluster.clock.advance(1000);
  t.same([await keys('n1'), await keys('n2'), await keys('n3')], [3, 3, 3]);
  await cluster.putFor('n1', 'd', 2, { level: 'all' });
  t.equal(await keys('n2'), 4);
  await cluster.put('n1', 'a', '', { level: 'strong', change: { state: 'tombstone' } });
  await cluster.clock.advance(10_000);
  t.equal(await keys('n2'), 2);
  await cluster.stopCleanly('n2');
  await cluster.restart('n2');
  await cluster.clock.advance(1000);
  t.equal(await keys('n2'), 2, 'in a new life, too');
});

t.test('the lag of a peer is the age of the oldest write that it lacks', async (t) => {
  const cluster = await clusterFor(t);
  t.match(await gaugesOf(cluster, 'n1'), {
    'peer_up n3': 1,
    'replication_lag_seconds n3': 0,
    'hint_oldest_age_seconds n3': 0,
    'hints_held n3': 0,
    'hint_bytes n3': 0,
    partitions_under_replicated: 0,
    partitions_without_replicas: 0,
  });
  await cluster.crash('n3');
  await cluster.put('n1', 'k', 'x');
  await cluster.clock.advance(20_000);
  await cluster.put('n1', 'l', 'x');
  const away = await gaugesOf(cluster, 'n1');
  t.match(away, { 'peer_up n3': 0, partitions_under_replicated: 16, 'hints_held n3': 2 });
  const lag = away['replication_lag_seconds n3'] ?? 0;
  t.ok(lag >= 20 && lag < 25, `${lag}`);
  t.equal(away['hint_oldest_age_seconds n3'], lag);
  t.ok((away['hint_bytes n3'] ?? 0) > 50);

  await cluster.start('n3');
  await cluster.wait(cluster.node('n3').ready());
  await cluster.clock.advance(20_000);
  const back = await gaugesOf(cluster, 'n1');
  t.match(back, { 'replication_lag_seconds n3': 0, 'hints_held n3': 0, 'hint_bytes n3': 0 });
  const now = cluster.clock.wallMilliseconds() / 1000;
  const exchanged = back['last_exchange_timestamp_seconds n3'] ?? 0;
  t.ok(now - exchanged < 15, `${now - exchanged} s ago`);
});

t.test('a peer whose hints were dropped lags until all trees were compared', async (t) => {
  const cluster = await clusterFor(t, { limits: { hintAgeMaxMilliseconds: 10_000 } });
  await cluster.crash('n3');
  await cluster.put('n1', 'k', 'x');
  await cluster.clock.advance(30_000);
  const away = await gaugesOf(cluster, 'n1');
  t.equal(away['hints_held n3'], 0, 'it was too old');
  t.ok((away['replication_lag_seconds n3'] ?? 0) > 5);
  await cluster.start('n3');
  await cluster.wait(cluster.node('n3').ready());
  await cluster.clock.advance(30_000);
  t.match(await gaugesOf(cluster, 'n1'), { 'replication_lag_seconds n3': 0 });
});

t.test('a disk that hangs keeps nothing back: the last figures are told', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', 'a', 'x', { level: 'all' });
  t.match(await gaugesOf(cluster, 'n1'), { keys: 1, 'peer_up n3': 1 });
  const disk = cluster.disks.get('n1');
  if (disk === undefined) throw new Error('n1 has a disk');
  let asked = 0;
  let answer = (): void => undefined;
  disk.usedBytes = () => {
    asked += 1;
    return new Promise((resolve) => {
      answer = () => resolve(1);
    });
  };
  await cluster.put('n1', 'b', 'x', { level: 'all' });
  await cluster.crash('n3');
  for (let n = 0; n < 3; n += 1) {
    const measured = cluster.node('n1').gauges.measure();
    await cluster.clock.advance(2_000);
    await inTime('the figures', measured);
  }
  t.equal(asked, 1, 'it is not asked again while it hangs');
  const told = cluster.observers.get('n1')?.measures;
  t.equal(told?.get('quorate_keys'), 1, 'the last figure');
  t.equal(told?.get('quorate_peer_up n3'), 0, 'what needs no disk is as it is now');
  answer();
  await cluster.clock.advance(1);
  t.equal(told?.get('quorate_keys'), 2);
});

t.test('partitions without an owner that is up are counted', async (t) => {
  const cluster = await clusterFor(t, { nodes: 2, replicas: 1 });
  const { partitions_owned: owned = 0 } = await gaugesOf(cluster, 'n2');
  await cluster.crash('n2');
  t.match(await gaugesOf(cluster, 'n1'), {
    partitions_under_replicated: owned,
    partitions_without_quorum: owned,
    partitions_without_replicas: owned,
    partitions_owned: 16 - owned,
    ring_share_ratio: (16 - owned) / 8,
  });
});

t.test('the fair share of a node: by its weight, and one copy of a partition at most', (t) => {
  const shares = (weights: readonly number[], copies: number): number[] => {
    const members = weights.map((weight, i) => ({ id: `n${i}`, weight }));
    return members.map(({ id }) => fairShare({ self: id, members, partitionCount: 16, copies }));
  };
  t.same(shares([1, 1, 1, 1], 2), [8, 8, 8, 8]);
  t.same(shares([1, 1, 2], 1), [4, 4, 8]);
  t.same(shares([1, 1, 9], 2), [8, 8, 16], 'a heavy node takes each partition once');
  t.same(shares([1, 1], 2), [16, 16]);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 8 }),
      (weights, wanted) => {
        const copies = Math.min(wanted, weights.length);
        const all = shares(weights, copies);
        const sum = all.reduce((total, share) => total + share, 0);
        return Math.abs(sum - copies * 16) < 1e-6 && all.every((share) => share <= 16 + 1e-9);
      },
    ),
  );
  t.end();
});
