/** Who owns what: of one ring as it says, of two rings that count together the owners of both. */
import fc from 'fast-check';
import t from 'tap';
import { Ownership } from '../../../lib/partitioning/ownership.js';
import { ownedPartitions, ownersOf, type Ring } from '../../../lib/partitioning/ring.js';
import { foundRing } from '../../../lib/partitioning/ring-founding.js';
import { historyOf, RingHistory } from '../../../lib/partitioning/ring-history.js';

const PARTITIONS = 16;
const ringOf = (count: number, epoch: number): Ring => ({
  ...foundRing({
    ...{ cluster: 'test', partitionCount: PARTITIONS, replicaCount: 3 },
    members: Array.from({ length: count }, (_, i) => ({ id: `n${i}`, zone: 'z', weight: 1 })),
  }),
  epoch,
});
const [before, after] = [ringOf(4, 7), ringOf(7, 8)];
const anyNode = fc.nat(8).map((i) => `n${i}`);
const anyPartition = fc.nat(PARTITIONS - 1);

t.test('of one ring: what the ring says', async () => {
  fc.assert(
    fc.property(anyNode, anyNode, anyPartition, (self, node, partition) => {
      const ownership = new Ownership(self, () => historyOf(before));
      const owners = ownersOf(before, partition);
      return (
        ownership.epoch === 7 &&
        ownership.partitionCount === PARTITIONS &&
        ownership.ownersOf(partition).join() === owners.join() &&
        ownership.owns(node, partition) === owners.includes(node) &&
        ownership.isOwn(partition) === owners.includes(self) &&
        ownership.othersOf(partition).join() === owners.filter((id) => id !== self).join() &&
        ownership.own.join() === ownedPartitions(before, self).join()
      );
    }),
    { numRuns: 2_000 },
  );
});

t.test('of two rings: both sets count, each owner once', async () => {
  const history = new RingHistory([before, after]);
  fc.assert(
    fc.property(anyNode, anyNode, anyPartition, (self, node, partition) => {
      const ownership = new Ownership(self, () => history);
      const sets = [before, after].map((ring) => ownersOf(ring, partition));
      const all = [...new Set(sets.flat())];
      const isShared = all.includes(self) && all.includes(node);
      return (
        ownership.epoch === 8 &&
        ownership.members.length === 7 &&
        ownership
          .setsOf(partition)
          .map((set) => set.map(({ id }) => id).join())
          .join('|') === sets.map((set) => set.join()).join('|') &&
        ownership.ownersOf(partition).join() === all.join() &&
        ownership.owns(node, partition) === all.includes(node) &&
        ownership.ownedBy(node).includes(partition) === all.includes(node) &&
        ownership.sharedWith(node).includes(partition) === isShared &&
        isShared === !isRefused(() => ownership.assertShared(partition, node))
      );
    }),
    { numRuns: 2_000 },
  );
});

t.test('another history is noticed at once', async (t) => {
  let history = historyOf(before);
  const ownership = new Ownership('n0', () => history);
  const first = ownership.ownersOf(3);
  t.equal(ownership.ownersOf(3), first, 'the same array at every call');
  history = historyOf(after);
  t.strictSame(ownership.ownersOf(3), ownersOf(after, 3));
  t.equal(historyOf(after), history);
});

t.test('what is no partition is owned by nobody, and nobody may ask for its owners', async (t) => {
  const ownership = new Ownership('n0', () => historyOf(before));
  for (const partition of [-1, PARTITIONS, 1.5, Number.NaN]) {
    t.notOk(ownership.owns('n0', partition));
    t.throws(() => ownership.assertShared(partition, 'n1'), { code: 'wrong_epoch' });
    t.throws(() => ownership.ownersOf(partition), /Invariant/);
  }
  t.throws(() => ownership.assertOwns('stranger', 0), { code: 'wrong_epoch' });
});

t.test('an epoch is live, older, newer, or from before the founding', async (t) => {
  const history = new RingHistory([before, after]);
  const ownership = new Ownership('n0', () => history);
  t.strictSame(
    [0, 6, 7, 8, 9].map((epoch) => ownership.standingOf(epoch)),
    ['unfounded', 'older', 'live', 'live', 'newer'],
  );
  for (const epoch of [0, 6, 7, 8]) t.doesNotThrow(() => ownership.assertKnown(epoch));
  t.throws(() => ownership.assertKnown(9), { code: 'wrong_epoch' });
});

t.test('rings that cannot count together are no history', async (t) => {
  t.throws(() => new RingHistory([]), /Invariant/);
  t.throws(() => new RingHistory([after, before]), /Invariant/);
  t.throws(() => new RingHistory([before, { ...after, partitionCount: 32 }]), /Invariant/);
});

function isRefused(check: () => void): boolean {
  try {
    check();
    return false;
  } catch {
    return true;
  }
}
