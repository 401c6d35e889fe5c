/** Deletes that are older than their retention, while a replica is away: they wait for it. */
import t from 'tap';
import { LocalCluster, PATIENT } from './local-cluster.js';

const KEYS = 30;
const keys = Array.from({ length: KEYS }, (_, n) => `key ${n}`);
const ids = ['n1', 'n2', 'n3'];
const HURRIED = {
  ...PATIENT,
  hintsBytesMax: 0,
  collectIntervalMilliseconds: 20,
  clockPersistIntervalMilliseconds: 20,
  exchangeIntervalMilliseconds: 50,
  confirmMilliseconds: 10,
};
/** Many turns of collection. */
const LONG_MILLISECONDS = 1000;

t.test('a replica is away all the time: no tombstone goes, and no value returns', async (t) => {
  const cluster = await LocalCluster.start(ids, {
    limits: HURRIED,
    consistency: { tombstone_retention_s: 0 },
  });
  t.teardown(() => cluster.stop());
  for (const key of keys) await cluster.put('n1', key, 'base', 'all');
  const stale = new Map(keys.map((key) => [key, cluster.stored('n3', key)]));
  await cluster.cutApart([['n3'], ['n1', 'n2']]);
  for (const key of keys) await cluster.delete('n1', key, 'quorum');
  await new Promise((resolve) => setTimeout(resolve, LONG_MILLISECONDS));
  for (const id of ['n1', 'n2']) {
    const kept = keys.filter((key) => cluster.stored(id, key) !== undefined);
    t.strictSame(kept, keys, `${id} keeps its tombstones: their retention is long over`);
  }
  t.same(await cluster.values('n3', 'key 0', 'one'), ['base'], 'n3 has heard of nothing');

  cluster.heal();
  await cluster.untilSeen(ids, ids);
  const isGone = (key: string) => ids.every((id) => cluster.stored(id, key) === undefined);
  await cluster.network.until(() => keys.every(isGone), 'all records of the dead are collected');
  for (const id of ids) {
    t.same(await cluster.values(id, 'key 0', 'all'), [], `${id}: deleted`);
    for (const [key, bytes] of stale)
      if (bytes !== undefined) await cluster.deliver(id, key, bytes);
    const back = keys.filter((key) => cluster.held(id, key).values.length > 0);
    t.strictSame(back, [], `${id}: copies that come late bring nothing back`);
  }
});

t.test('nobody is away: they go', async (t) => {
  const cluster = await LocalCluster.start(ids, {
    limits: HURRIED,
    consistency: { tombstone_retention_s: 0 },
  });
  t.teardown(() => cluster.stop());
  for (const key of keys) await cluster.put('n1', key, 'base', 'all');
  for (const key of keys) await cluster.delete('n2', key, 'quorum');
  const isGone = (key: string) => ids.every((id) => cluster.stored(id, key) === undefined);
  await cluster.network.until(() => keys.every(isGone), 'the control: collection does its work');
});
