/**
 * What lies on the disks of two owners is compared by Merkle trees, whatever their
 * clocks say (Dynamo 4.7). A difference is repaired where it was seen twice, and only where
 * something is lacking.
 */
import type { Questions } from './questions.js';
import type { Messenger } from '../rpc/messenger.js';
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import type { Pauses } from '../environment/pauses.js';
import { type RecordKey, recordKey } from '../persistence/keyspace.js';
import { OperatingError } from '../errors.js';
import { decodeRecord, encodeRecord } from '../persistence/records.js';
import { dotText } from '../versioning/dot.js';
import { merge, type Siblings } from '../versioning/siblings.js';
import { type TreeComparisonServiceOptions, listLive } from './tree-comparison-service.js';
import type { MerkleTrees } from './merkle-tree.js';
import { BRANCH_SUMS, KEYS, LEAF_SUMS, RECORDS } from './messages.js';
import type { PeerSteps } from './peer-steps.js';

/** A key that two owners hold in different states. */
export interface Difference {
  readonly at: RecordKey;
  /** Fingerprints; empty where it holds nothing that lives. */
  readonly ours: string;
  readonly theirs: string;
}

/** Keys that are repaired in one comparison of a partition; the next finds the rest. */
const REPAIRS_MAX = 10_000;
const RECORDS_A_MESSAGE = 16;

export interface TreeComparisonOptions extends TreeComparisonServiceOptions {
  readonly messenger: Messenger;
  readonly questions: Questions;
  readonly pauses: Pauses;
  /** What is missing must still be missing so much later: most of it is on its way. */
  readonly confirmMilliseconds: number;
}

export class TreeComparison {
  readonly #options: TreeComparisonOptions;
  readonly #trees: MerkleTrees;
  readonly #pauses: Pauses;

  constructor(options: TreeComparisonOptions) {
    this.#options = options;
    this.#trees = options.trees;
    this.#pauses = options.pauses;
  }

  /**
   * Differences that were there before and after the pause for confirmation, alike.
   * @param steps one for each partition
   */
  async differences(
    peer: NodeId,
    partitions: readonly number[],
    steps: PeerSteps,
  ): Promise<Difference[]> {
    const seen: Difference[] = [];
    for (const partition of partitions) {
      if (steps.isOver || seen.length >= REPAIRS_MAX) break;
      await steps.run(async () => {
        for (const one of await this.#compare(peer, partition)) seen.push(one);
      });
    }
    if (seen.length === 0 || steps.isOver) return [];
    await this.#pauses.pause(this.#options.confirmMilliseconds);
    const still = new Map<string, Difference>();
    for (const partition of new Set(seen.map(({ at }) => at.partition))) {
      if (steps.isOver) return [];
      await steps.run(async () => {
        for (const one of await this.#compare(peer, partition)) still.set(one.at.storageKey, one);
      });
    }
    return seen.filter(({ at, ours, theirs }) => {
      const again = still.get(at.storageKey);
      return again !== undefined && again.ours === ours && again.theirs === theirs;
    });
  }

  /**
   * Merges both sides and writes to whoever lags: by its filter a denier finds its damage.
   * @param steps one for each key
   * @returns how many of them only differ in what has expired: no two clocks judge at once
   */
  async repair(
    peer: NodeId,
    differences: readonly Difference[],
    steps: PeerSteps,
  ): Promise<number> {
    let expired = 0;
    let next = 0;
    let atOnce = RECORDS_A_MESSAGE;
    while (next < differences.length && !steps.isOver) {
      const some = differences.slice(next, next + atOnce).map(({ at }) => at);
      let records: readonly (Uint8Array | null)[] = [];
      await steps.run(async () => {
        records = await this.#recordsOf(peer, some);
      });
      // Of large ones it sends only the first, and is asked for the others again.
      for (const [index, record] of records.slice(0, some.length).entries()) {
        const at = some[index];
        if (at === undefined || steps.isOver) break;
        await steps.run(async () => {
          if (await this.#repairOne(peer, at, record)) expired += 1;
        });
      }
      // One that the peer cannot send fails the whole message: then each is asked for alone.
      const isRefused = records.length === 0;
      next += isRefused && some.length === 1 ? 1 : records.length;
      atOnce = isRefused && some.length > 1 ? 1 : atOnce;
    }
    return expired;
  }

  async #recordsOf(
    peer: NodeId,
    some: readonly RecordKey[],
  ): Promise<readonly (Uint8Array | null)[]> {
    const keys = some.map(({ namespace, key }) => ({ namespace, key }));
    const { records } = await this.#options.questions.ask(peer, RECORDS, { keys });
    if (records.length > 0) return records;
    throw new OperatingError('corrupt_bytes', 'a page is empty, and not the last');
  }

  async #repairOne(peer: NodeId, at: RecordKey, record: Uint8Array | null): Promise<boolean> {
    const { replica } = this.#options;
    const own = replica.read(at)?.siblings;
    const theirs = record === null ? undefined : decodeRecord(at, record);
    if (record !== null) await replica.merge(at, record, 'sync');
    if (own === undefined) return false;
    const merged = theirs === undefined ? own : merge(theirs, own);
    if (merged !== theirs) {
      await this.#copyTo(peer, at, encodeRecord(at, merged));
    }
    return theirs !== undefined && dotsOf(own) === dotsOf(theirs);
  }

  #copyTo(peer: NodeId, { namespace, key }: RecordKey, record: Uint8Array): Promise<void> {
    const plain = { durability: 'sync', audit: EMPTY, blind: '' } as const;
    const copy = { namespace, key, record, ...plain };
    return new Promise((resolve, reject) => {
      const { messenger, questions } = this.#options;
      messenger.replicas.copy(peer, copy, questions.deadline, (answer) => {
        if (answer.ok) resolve();
        else reject(answer.error);
      });
    });
  }

  /** What either side rebuilds is left out: the rebuild takes everything from every owner. */
  async #compare(peer: NodeId, partition: number): Promise<Difference[]> {
    if (this.#options.health.isRebuilding(partition)) return [];
    try {
      return await this.#compareTrees(peer, partition);
    } catch (error) {
      if (error instanceof OperatingError && error.code === 'rebuilding') return [];
      throw error;
    }
  }

  /** Down the tree where it differs: branches, leaves, and the keys in them. */
  async #compareTrees(peer: NodeId, partition: number): Promise<Difference[]> {
    const { questions } = this.#options;
    const { deadline } = questions;
    const theirs = await questions.ask(peer, BRANCH_SUMS, { partition }, deadline);
    const ours = this.#trees.branchesOf(partition);
    const branches = [...ours.keys()].filter(
      (branch) => ours[branch]?.equals(theirs.branches[branch] ?? EMPTY) !== true,
    );
    if (branches.length === 0) return [];
    const request = { partition, branches };
    const { leaves: theirLeaves } = await questions.ask(peer, LEAF_SUMS, request, deadline);
    const known = new Map(theirLeaves);
    const leaves = this.#trees
      .leavesOf(partition, branches)
      .filter(([leaf, sums]) => !sums.equals(known.get(leaf) ?? EMPTY))
      .map(([leaf]) => leaf);
    return leaves.length === 0 ? [] : this.#compareKeys(peer, partition, leaves);
  }

  async #compareKeys(
    peer: NodeId,
    partition: number,
    leaves: readonly number[],
  ): Promise<Difference[]> {
    const theirs = await this.#theirKeys(peer, partition, leaves);
    const { partitionCount } = this.#options.ownership;
    const differences: Difference[] = [];
    let from = '';
    for (;;) {
      const page = await listLive(this.#options, partition, leaves, from);
      for (const [namespace, key, ours] of page.keys) {
        const at = recordKey(namespace, key, partitionCount);
        const other = theirs.get(at.storageKey)?.fingerprint ?? '';
        theirs.delete(at.storageKey);
        if (other !== ours) differences.push({ at, ours, theirs: other });
      }
      if (page.next === null) break;
      from = page.next;
    }
    for (const { at, fingerprint } of theirs.values()) {
      differences.push({ at, ours: '', theirs: fingerprint });
    }
    return differences;
  }

  async #theirKeys(peer: NodeId, partition: number, leaves: readonly number[]) {
    const { partitionCount } = this.#options.ownership;
    const keys = new Map<string, { readonly at: RecordKey; readonly fingerprint: string }>();
    let from = '';
    for (;;) {
      const request = { partition, leaves: [...leaves], from };
      const page = await this.#options.questions.ask(peer, KEYS, request);
      for (const [namespace, key, fingerprint] of page.keys) {
        const at = recordKey(namespace, key, partitionCount);
        keys.set(at.storageKey, { at, fingerprint });
      }
      if (page.next === null) return keys;
      from = page.next;
    }
  }
}

const EMPTY = Buffer.alloc(0);

function dotsOf({ versions }: Siblings): string {
  return versions.map(({ dot }) => dotText(dot)).join(' ');
}

/** Where clocks agree, trees do not, and nothing has expired, something is wrong: `strange`. */
export function reportDifferences(
  observer: Observer,
  peer: NodeId,
  { lagging, expired, strange }: { lagging: number; expired: number; strange: number },
): void {
  const count = (kind: string, by: number): void => {
    if (by > 0) observer.count('quorate_tree_differences_total', { peer, kind }, by);
  };
  count('lagging', lagging);
  count('expiry', expired);
  count('unexplained', strange);
  if (strange === 0) return;
  observer.log('warn', 'replicas differed though their clocks agree', { peer, keys: strange });
}
