/** Trees over digests: equal where the digests are, and no further than where they differ. */
import fc from 'fast-check';
import t from 'tap';
import { MerkleTrees } from '../../../lib/anti-entropy/merkle-tree.js';
import type { Digests } from '../../../lib/persistence/digests.js';
import {
  LEAVES_A_PARTITION,
  LEAVES_A_BRANCH,
  LeafSums,
  RecordSummary,
} from '../../../lib/persistence/leaf-sums.js';
import { anySiblings } from '../versioning/arbitraries.js';

const anyRecord = fc
  .tuple(fc.string(), anySiblings)
  .map(([key, siblings]) => new RecordSummary(key, siblings));

const anyRecords = fc.array(fc.tuple(fc.nat(LEAVES_A_PARTITION - 1), anyRecord), { maxLength: 8 });

/** The digests of one partition, with what trees ask of them. */
class OnePartition {
  readonly sums = new LeafSums();
  revisions = 0;

  add(records: readonly (readonly [leaf: number, record: RecordSummary])[]): void {
    for (const [leaf, record] of records) this.sums.add(leaf, record, 1);
    this.revisions += 1;
  }

  trees(): MerkleTrees {
    const digests = { of: () => this.sums, revision: () => this.revisions };
    return new MerkleTrees(digests as unknown as Digests);
  }
}

function isAlike(a: MerkleTrees, b: MerkleTrees): boolean {
  const theirs = b.branchesOf(0);
  return (
    a.rootOf(0).equals(b.rootOf(0)) && a.branchesOf(0).every((one, i) => theirs[i]?.equals(one))
  );
}

t.test('a tree that is built again where it changed is the one that is built anew', async () => {
  fc.assert(
    fc.property(fc.array(anyRecords, { maxLength: 4 }), (steps) => {
      const partition = new OnePartition();
      const kept = partition.trees();
      return steps.every((records) => {
        partition.add(records);
        return isAlike(kept, partition.trees());
      });
    }),
    { numRuns: 500 },
  );
});

t.test('one record that holds a value changes its branch, the root, and nothing else', async () => {
  fc.assert(
    fc.property(anyRecords, fc.nat(LEAVES_A_PARTITION - 1), anyRecord, (records, leaf, record) => {
      const partition = new OnePartition();
      partition.add(records);
      const before = partition.trees();
      const [root, branches] = [before.rootOf(0), before.branchesOf(0)];
      partition.add([[leaf, record]]);
      const after = partition.trees();
      const changed = after.branchesOf(0).flatMap((one, i) => (branches[i]?.equals(one) ? [] : i));
      if (!record.live) return changed.length === 0 && after.rootOf(0).equals(root);
      const own = Math.floor(leaf / LEAVES_A_BRANCH);
      return changed.length === 1 && changed[0] === own && !after.rootOf(0).equals(root);
    }),
    { numRuns: 500 },
  );
});
