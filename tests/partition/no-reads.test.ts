/** Healed with no reads and no hints: exchanges alone bring the replicas together. */
import type { Test } from 'tap';
import t from 'tap';
import { LocalCluster, PATIENT } from './local-cluster.js';
import { WriteLog } from './write-log.js';

/** Hints are refused from the first on, so none can be what repairs. */
const NO_HINTS = { ...PATIENT, hintsBytesMax: 0 };
const KEYS = 100;
const keys = Array.from({ length: KEYS }, (_, n) => `key ${n}`);

/** @returns keys whose replicas differ */
function different(cluster: LocalCluster): string[] {
  return keys.filter((key) => {
    const held = cluster.primariesOf(key).map((id) => cluster.held(id, key).fingerprint);
    return new Set(held).size > 1;
  });
}

async function healWithoutReads(t: Test, cluster: LocalCluster): Promise<void> {
  const hints = cluster.ids.map((id) => [...cluster.node(id).hints.held.values()]);
  t.strictSame(
    hints.flat().filter(({ count }) => count > 0),
    [],
    'nobody holds a hint',
  );
  const apart = different(cluster).length;
  t.ok(apart > KEYS / 2, `${apart} of ${KEYS} keys differ before the heal`);
  cluster.heal();
  await cluster.untilAlike(keys);
}

t.test('an isolated replica, that nothing was kept for', async (t) => {
  const cluster = await LocalCluster.start(['n1', 'n2', 'n3'], { limits: NO_HINTS });
  t.teardown(() => cluster.stop());
  const log = new WriteLog(cluster);
  for (const key of keys.slice(0, KEYS / 2)) await log.put('n1', key, 'all');
  await cluster.cutApart([['n3'], ['n1', 'n2']]);
  for (const [index, key] of keys.entries()) {
    t.equal(await log.put(index % 2 === 0 ? 'n1' : 'n2', key, 'quorum'), 'ok');
  }
  await healWithoutReads(t, cluster);
  t.strictSame(log.faults(), [], 'every replica holds what was acknowledged, and nothing else');
  t.equal(log.siblings, 0, 'it had written nothing itself');
});

t.test('both halves of five write every key', async (t) => {
  const sides = [
    ['n1', 'n2', 'n3'],
    ['n4', 'n5'],
  ];
  const cluster = await LocalCluster.start(sides.flat(), { limits: NO_HINTS });
  t.teardown(() => cluster.stop());
  const log = new WriteLog(cluster);
  for (const key of keys) await log.put('n1', key, 'all');
  await cluster.cutApart(sides);
  let written = 0;
  for (const [index, key] of keys.entries()) {
    for (const side of sides) {
      const outcome = await log.put(side[index % side.length] ?? '', key, 'one');
      if (outcome === 'ok') written += 1;
    }
  }
  t.ok(written > KEYS, `${written} writes of both sides`);
  await healWithoutReads(t, cluster);
  t.strictSame(log.faults(), [], 'every replica holds what was acknowledged, and nothing else');
  t.ok(log.siblings > KEYS / 2, `${log.siblings} keys have siblings`);
});

t.test('deletes on one side, writes on the other, and deletes that nobody contests', async (t) => {
  const cluster = await LocalCluster.start(['n1', 'n2', 'n3'], { limits: NO_HINTS });
  t.teardown(() => cluster.stop());
  const contexts = new Map<string, string>();
  for (const key of keys) {
    contexts.set(key, (await cluster.put('n1', key, 'base', 'all')).context);
  }
  await cluster.cutApart([['n3'], ['n1', 'n2']]);
  const contested = keys.slice(0, KEYS / 2);
  for (const key of keys) await cluster.delete('n1', key, 'quorum', contexts.get(key));
  for (const key of contested) await cluster.put('n3', key, 'kept', 'one', contexts.get(key));
  await healWithoutReads(t, cluster);
  for (const id of cluster.ids) {
    const kept = keys.filter((key) => cluster.held(id, key).values.join() === 'kept');
    t.strictSame(kept, contested, `${id}: what was written beside a delete stays`);
    const gone = keys.filter((key) => cluster.held(id, key).values.length === 0);
    t.strictSame(gone, keys.slice(KEYS / 2), `${id}: what was deleted does not return`);
  }
});

t.test('an exchange on request says what differs, and brings it together', async (t) => {
  // By itself nothing is compared: what passes is asked for.
  const limits = { ...NO_HINTS, exchangeIntervalMilliseconds: 3_600_000 };
  const cluster = await LocalCluster.start(['n1', 'n2', 'n3'], { limits });
  t.teardown(() => cluster.stop());
  for (const key of keys) await cluster.put('n1', key, 'base', 'all');
  const changed = keys.slice(0, 5);
  // Written as if no copy had left.
  for (const key of changed) await cluster.mintSilently('n1', key, 'new');
  const dry = await cluster.node('n2').exchange.exchangeNow(undefined, true);
  t.same(dry.map(({ node, error }) => [node, error]).sort(), [
    ['n1', undefined],
    ['n2', undefined],
    ['n3', undefined],
  ]);
  const found = dry.find(({ node }) => node === 'n2')?.peers.find(({ peer }) => peer === 'n1');
  t.match(found, { error: undefined, differences: changed.length });
  t.same(found?.keys.map(({ key }) => key).sort(), changed);
  t.same(different(cluster), changed, 'a dry run changes nothing');
  const wet = await cluster.node('n3').exchange.exchangeNow(undefined, false);
  t.same(
    wet.flatMap(({ peers }) => peers).filter(({ error }) => error !== undefined),
    [],
  );
  await cluster.untilAlike(keys);
});
