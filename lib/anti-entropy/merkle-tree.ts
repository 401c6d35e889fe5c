/**
 * Merkle trees over the digests of partitions (Dynamo 4.7): a branch is a hash over 16 leaves, the
 * root of a partition one over its 16 branches, and a tree lies over all partitions that two owners
 * share. Only what has changed is built again. Leaves are sums of 64-bit hashes, so a branch needs
 * no longer one; nobody who could choose them is let in.
 */
import { createHash } from 'node:crypto';
import MerkleTools from 'merkle-tools';
import { hash64Bytes } from '../encoding/hash.js';
import { assert } from '../errors.js';
import type { Digests } from '../persistence/digests.js';
import type { LeafSums } from '../persistence/leaf-sums.js';
import { BRANCHES_A_PARTITION, LEAF_BYTES, LEAVES_A_BRANCH } from '../persistence/leaf-sums.js';

interface PartitionTree {
  /** Of the digests, when this was built. */
  readonly revision: number;
  /** The live sums of all leaves, then. */
  readonly leaves: Buffer;
  readonly branches: readonly Buffer[];
  readonly root: Buffer;
}

/** Of the hash of a branch. */
const BRANCH_BYTES = 8;

/** About a millisecond of work, where every branch of them has changed. */
const BUILT_AT_ONCE = 32;

export class MerkleTrees {
  readonly #digests: Digests;
  readonly #trees = new Map<number, PartitionTree>();

  constructor(digests: Digests) {
    this.#digests = digests;
  }

  /**
   * Builds what has changed, a few partitions at a time: requests of clients share the processor.
   * @param breathe resolves when requests have had their turn
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

  /** The hashes of its branches, in order. */
  branchesOf(partition: number): readonly Buffer[] {
    return this.#tree(partition).branches;
  }

  /** The leaves of some branches: number, and live sums. */
  leavesOf(partition: number, branches: readonly number[]): [number, Buffer][] {
    const { leaves } = this.#tree(partition);
    return branches.flatMap((branch) =>
      Array.from({ length: LEAVES_A_BRANCH }, (_, i): [number, Buffer] => {
        const leaf = branch * LEAVES_A_BRANCH + i;
        return [leaf, leaves.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES)];
      }),
    );
  }

  /** One root over several partitions. */
  combinedRoot(partitions: readonly number[]): Buffer {
    const tree = new MerkleTools({ hashType: 'sha256' });
    for (const partition of partitions) tree.addLeaf(this.rootOf(partition));
    tree.makeTree();
    return tree.getMerkleRoot() ?? Buffer.alloc(0);
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
  const leaves = sums.live();
  const hashes = Buffer.allocUnsafe(BRANCHES_A_PARTITION * BRANCH_BYTES);
  const branches = Array.from({ length: BRANCHES_A_PARTITION }, (_, branch) => {
    const hash = hashes.subarray(branch * BRANCH_BYTES, (branch + 1) * BRANCH_BYTES);
    const own = leavesOfBranch(leaves, branch);
    if (before !== undefined && own.equals(leavesOfBranch(before.leaves, branch))) {
      at(before.branches, branch).copy(hash);
    } else hash.writeBigUInt64BE(hash64Bytes(own, 0n));
    return hash;
  });
  return { revision, leaves, branches, root: createHash('sha256').update(hashes).digest() };
}

function leavesOfBranch(leaves: Buffer, branch: number): Buffer {
  const bytes = LEAVES_A_BRANCH * LEAF_BYTES;
  return leaves.subarray(branch * bytes, (branch + 1) * bytes);
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  assert(item !== undefined, 'a tree has all its nodes');
  return item;
}
