/**
 * Merkle trees over the digests of partitions (Dynamo 4.7): 16 leaves to a branch, 16 branches to a
 * partition, and one root over all partitions that two owners share. Only what has changed is built
 * again.
 */
import MerkleTools from 'merkle-tools';
import { assert } from '../errors.js';
import type { Digests, LeafSums } from '../persistence/digests.js';
import { BRANCHES, LEAVES_A_BRANCH } from '../persistence/digests.js';

interface PartitionTree {
  /** Of the digests, when this was built. */
  readonly revision: number;
  /** The live sums of all leaves, then. */
  readonly leaves: readonly Buffer[];
  readonly branches: readonly Buffer[];
  readonly root: Buffer;
}

/** Some milliseconds of work, where every branch of them has changed. */
const BUILT_AT_ONCE = 4;

export class MerkleTrees {
  readonly #digests: Digests;
  readonly #trees = new Map<number, PartitionTree>();

  constructor(digests: Digests) {
    this.#digests = digests;
  }

  /**
   * Builds what has changed, a few partitions at a time: requests of clients share the processor.
   * @param breathe resolves when others had their turn
   */
  async refresh(partitions: readonly number[], breathe: () => Promise<void>): Promise<void> {
    let built = 0;
    for (const partition of partitions) {
      if (this.#trees.get(partition)?.revision === this.#digests.revision(partition)) continue;
      this.#tree(partition);
      built += 1;
      if (built % BUILT_AT_ONCE === 0) await breathe();
    }
  }

  /** The root of a partition: 32 bytes. */
  rootOf(partition: number): Buffer {
    return this.#tree(partition).root;
  }

  /** The roots of its branches, in order. */
  branchesOf(partition: number): readonly Buffer[] {
    return this.#tree(partition).branches;
  }

  /** The leaves of some branches: number, and live sums. */
  leavesOf(partition: number, branches: readonly number[]): [number, Buffer][] {
    const { leaves } = this.#tree(partition);
    return branches.flatMap((branch) =>
      leavesOfBranch(branch).map((leaf): [number, Buffer] => [leaf, at(leaves, leaf)]),
    );
  }

  /** One root over several partitions. */
  combinedRoot(partitions: readonly number[]): Buffer {
    return merkleRoot(partitions.map((partition) => this.rootOf(partition)));
  }

  #tree(partition: number): PartitionTree {
    const revision = this.#digests.revision(partition);
    const known = this.#trees.get(partition);
    if (known?.revision === revision) return known;
    const tree = build(this.#digests.of(partition), revision, known);
    this.#trees.set(partition, tree);
    return tree;
  }
}

function build(sums: LeafSums, revision: number, before: PartitionTree | undefined): PartitionTree {
  const leaves = Array.from({ length: BRANCHES * LEAVES_A_BRANCH }, (_, leaf) => sums.live(leaf));
  const branches = Array.from({ length: BRANCHES }, (_, branch) => {
    const own = leavesOfBranch(branch);
    const same =
      before !== undefined && own.every((leaf) => leaves[leaf]?.equals(at(before.leaves, leaf)));
    return same ? at(before.branches, branch) : merkleRoot(own.map((leaf) => at(leaves, leaf)));
  });
  return { revision, leaves, branches, root: merkleRoot(branches) };
}

function leavesOfBranch(branch: number): number[] {
  return Array.from({ length: LEAVES_A_BRANCH }, (_, i) => branch * LEAVES_A_BRANCH + i);
}

function merkleRoot(nodes: readonly Buffer[]): Buffer {
  const tree = new MerkleTools({ hashType: 'sha256' });
  for (const node of nodes) tree.addLeaf(node);
  tree.makeTree();
  return tree.getMerkleRoot() ?? Buffer.alloc(0);
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  assert(item !== undefined, 'a tree has all its nodes');
  return item;
}
