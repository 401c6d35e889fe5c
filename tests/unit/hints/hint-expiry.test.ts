/** Hints that leave undelivered: by age or for room, and only where W owners hold them durably. */
import t, { type Test } from 'tap';
import { OperatingError } from '../../../lib/errors.js';
import { HintExpiry } from '../../../lib/hints/hint-expiry.js';
import type { Hint } from '../../../lib/hints/hint-records.js';
import { recordKey } from '../../../lib/persistence/keyspace.js';
import { expiryClockOf, SeededRandom } from '../fakes.js';
import { type ClusterOptions, LocalCluster } from '../local-cluster.js';
import { intentOf, nothingElse, openDisk, PARTITIONS } from '../persistence/disk.js';

const AGE = 10_000;

async function clusterFor(t: Test, options: ClusterOptions = {}): Promise<LocalCluster> {
  const limits = { hintAgeMaxMilliseconds: AGE, ...options.limits };
  const cluster = await LocalCluster.of({ ...options, limits });
  t.teardown(() => cluster.stop());
  return cluster;
}

const heldFor = (cluster: LocalCluster, target: string): number =>
  [...cluster.nodes.values()].reduce(
    (sum, node) => sum + (node.hints.held.get(target)?.count ?? 0),
    0,
  );
/** Neither a hint nor an exchange brings this node what it lacks. */
function keepBehind(cluster: LocalCluster, node: string): void {
  cluster.network.gate = (from, to, message) => {
    const name = String(message[2]);
    if (to === node && name === 'handoff.deliver') return false;
    return !name.startsWith('anti-entropy.') || (from !== node && to !== node);
  };
}

const counted = (cluster: LocalCluster, metric: string): number =>
  [...cluster.observers.values()].reduce((sum, { counts }) => sum + (counts.get(metric) ?? 0), 0);

t.test('what W owners hold leaves by age, and not before', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.crash('n3');
  for (let i = 0; i < 300; i += 1) await cluster.put('n1', `key ${i}`, 'x');
  const dropped: string[] = [];
  cluster.node('n1').hints.onDropped((target) => dropped.push(target));
  await cluster.clock.advance(AGE / 2);
  t.equal(heldFor(cluster, 'n3'), 300);
  await cluster.clock.advance(AGE);
  t.equal(heldFor(cluster, 'n3'), 0);
  t.equal(counted(cluster, 'quorate_hints_expired_total'), 300);
  t.ok(dropped.length > 0 && dropped.every((target) => target === 'n3'), 'an exchange is due');
});

t.test('what fewer hold stays until it is delivered', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.crash('n3');
  await cluster.put('n1', 'by both', 'x');
  await cluster.crash('n2');
  await cluster.put('n1', 'by one', 'x', { level: 'one' });
  await cluster.clock.advance(5 * AGE);
  t.equal(heldFor(cluster, 'n3'), 2, 'nobody else can say that it holds them');
  keepBehind(cluster, 'n2');
  await cluster.start('n2');
  await cluster.clock.advance(5_000);
  t.equal(heldFor(cluster, 'n3'), 1, 'the one that n2 has');
  t.ok(counted(cluster, 'quorate_hints_kept_total') > 0);
  cluster.network.gate = () => true;
  await cluster.clock.advance(20_000);
  t.equal(heldFor(cluster, 'n3'), 0, 'n2 was delivered what it lacked, and holds the other too');
});

t.test('an older state of the key at the others does not suffice', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.put('n1', 'k', 'old', { level: 'all' });
  await cluster.crash('n3');
  cluster.network.gate = (_from, to) => to !== 'n2';
  await cluster.put('n1', 'k', 'new', { level: 'one' });
  keepBehind(cluster, 'n2');
  await cluster.clock.advance(5 * AGE);
  t.equal(heldFor(cluster, 'n3'), 1);
});

t.test('the only copies of a write that stand-ins took never leave by age', async (t) => {
  const cluster = await clusterFor(t, { nodes: 6 });
  const key = cluster.keyOwnedBy(['n1'], false);
  const primaries = cluster.node('n1').cluster.locate('default', key).primaries;
  for (const { node } of primaries) cluster.network.cut('n1', node);
  await cluster.put('n1', key, 'only here', { level: 'any' });
  await cluster.clock.advance(5 * AGE);
  for (const { node } of primaries) t.equal(heldFor(cluster, node), 1, node);
  cluster.network.heal();
  await cluster.clock.advance(AGE);
  t.strictSame(await cluster.texts('n1', key, { level: 'all' }), ['only here']);
});

t.test('what an owner has not synced does not count', async (t) => {
  const cluster = await clusterFor(t);
  await cluster.crash('n3');
  const disk = cluster.disks.get('n2');
  if (disk === undefined) throw new Error('n2 has a disk');
  disk.held = true;
  await cluster.put('n1', 'j', 'x', { level: 'one' });
  await cluster.clock.advance(2 * AGE);
  const { storageKey } = recordKey('default', 'j', 16);
  t.ok(cluster.node('n2').replica.read(recordKey('default', 'j', 16)), 'n2 has it in memory');
  t.notOk(disk.get(storageKey));
  t.equal(heldFor(cluster, 'n3'), 1);
  disk.held = false;
  while (disk.waiting.length > 0) await disk.release();
  await cluster.clock.advance(10_000);
  t.equal(heldFor(cluster, 'n3'), 0);
});

t.test('a full quota makes room of what W owners hold, whatever its age', async (t) => {
  const limits = { hintsTargetBytesMax: 2_000, hintAgeMaxMilliseconds: 1_000_000_000 };
  const cluster = await clusterFor(t, { limits });
  await cluster.crash('n3');
  for (let i = 0; i < 40; i += 1) {
    const { receipt } = await cluster.put('n1', `key ${i}`, 'x'.repeat(100));
    t.equal(receipt.answered, 2, 'the write itself goes on');
  }
  t.ok(heldFor(cluster, 'n3') < 40);
  t.ok(counted(cluster, 'quorate_hints_refused_total target') > 0);
  await cluster.clock.advance(3_000);
  t.ok(counted(cluster, 'quorate_hints_expired_total') > 0);
  t.equal((await cluster.put('n1', 'next', 'x')).receipt.standIns, 1);
});

t.test('with a full quota what only hints would hold is refused, and nothing else', async (t) => {
  const cluster = await clusterFor(t, { nodes: 6, limits: { hintsTargetBytesMax: 300 } });
  const key = cluster.keyOwnedBy(['n1'], false);
  const primaries = cluster.node('n1').cluster.locate('default', key).primaries;
  for (const { node } of primaries) cluster.network.cut('n1', node);
  await cluster.put('n1', key, 'x'.repeat(300), { level: 'any' });
  for (const level of ['any', 'eventual']) {
    const refused = cluster.put('n1', key, 'next', { level });
    await t.rejects(refused, { code: 'overloaded', outcome: 'none' }, level);
  }
  await cluster.clock.advance(AGE);
  await t.rejects(cluster.put('n1', key, 'next', { level: 'any' }), { code: 'overloaded' });
  const own = cluster.keyOwnedBy(['n1', primaries[0]?.node ?? '']);
  t.equal((await cluster.put('n1', own, 'x', { level: 'one' })).receipt.level, 'one');
});

t.test(
  'a target that cannot be looked at keeps no other from it, and the round fails',
  async (t) => {
    const disk = await openDisk();
    const at = recordKey('default', 'k', PARTITIONS);
    const { bytes } = disk.replica.mint(at, intentOf('1'), 'sync', nothingElse).value;
    for (const target of ['n3', 'n4', 'n5']) {
      await disk.hints.hold(target, at, bytes, 'sync').committed;
    }
    await disk.clock.advance(2 * AGE);
    const safe = async (hints: readonly Hint[]): Promise<Hint[]> => {
      if (hints[0]?.target === 'n4') throw new OperatingError('corrupt_bytes', 'test');
      return [...hints];
    };
    const expiry = new HintExpiry({
      ...{ ...disk, expiryClock: expiryClockOf(disk.clock), random: new SeededRandom(1) },
      ...{ holdings: { safe }, hintAgeMaxMilliseconds: AGE, hintRetryIntervalMilliseconds: 1_000 },
    });
    await t.rejects(expiry.round(), { code: 'corrupt_bytes' });
    const left = [...disk.hints.held].map(([target, { count }]) => [target, count]);
    t.strictSame(left, [
      ['n3', 0],
      ['n4', 1],
      ['n5', 0],
    ]);
  },
);

t.test('a holder whose clock is an hour ahead lets no hint go early', async (t) => {
  const cluster = await clusterFor(t, { nodes: 5 });
  const key = cluster.keyOwnedBy(['n1', 'n3']);
  await cluster.crash('n3');
  await cluster.put('n1', key, 'x');
  t.equal(heldFor(cluster, 'n3'), 1);
  for (const id of cluster.nodes.keys()) {
    if ((cluster.node(id).hints.held.get('n3')?.count ?? 0) > 0) cluster.skews.set(id, 3_600_000);
  }
  await cluster.clock.advance(AGE / 2);
  t.equal(heldFor(cluster, 'n3'), 1);
  cluster.skews.clear();
  await cluster.clock.advance(2 * AGE);
  t.equal(heldFor(cluster, 'n3'), 0);
});
