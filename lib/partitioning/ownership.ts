/**
 * Who owns what, in all epochs that count: the only place that says so. Whoever asks "does this
 * node own the key?" asks here, so that a ring change is known to all of them at once.
 */
import type { NodeId } from '../environment/transport.js';
import { assert, OperatingError } from '../errors.js';
import { ownedPartitions, owningMembers, type RingMember } from './ring.js';
import type { EpochStanding, RingHistory } from './ring-history.js';

/** What is known of a partition under one history. */
interface Owned {
  readonly sets: readonly (readonly RingMember[])[];
  readonly ids: readonly NodeId[];
}

export class Ownership {
  readonly self: NodeId;
  readonly #history: () => RingHistory;
  #known: RingHistory | undefined;
  #owned: (Owned | undefined)[] = [];

  /** @param history as it is now; another object where it has changed */
  constructor(self: NodeId, history: () => RingHistory) {
    this.self = self;
    this.#history = history;
  }

  get history(): RingHistory {
    return this.#history();
  }

  /** What is made now is made under this epoch. */
  get epoch(): number {
    return this.history.current.epoch;
  }

  /** Q. */
  get partitionCount(): number {
    return this.history.current.partitionCount;
  }

  /** All members of the current ring, ascending by id. */
  get members(): readonly RingMember[] {
    return this.history.current.members;
  }

  /** Their ids. */
  get nodes(): NodeId[] {
    return this.members.map(({ id }) => id);
  }

  /** The owners of a partition in each epoch that counts, the preferred first. All sets count. */
  setsOf(partition: number): readonly (readonly RingMember[])[] {
    return this.#of(partition).sets;
  }

  /** The owners of all sets, each once. */
  ownersOf(partition: number): readonly NodeId[] {
    return this.#of(partition).ids;
  }

  /** The same without this node. */
  othersOf(partition: number): NodeId[] {
    return this.ownersOf(partition).filter((owner) => owner !== this.self);
  }

  /** @param partition what a peer says: it may be none of Q */
  owns(node: NodeId, partition: number): boolean {
    return this.#isPartition(partition) && this.ownersOf(partition).includes(node);
  }

  /** Does this node own the partition? */
  isOwn(partition: number): boolean {
    return this.owns(this.self, partition);
  }

  /** The partitions of a node, ascending; none where it is no member. */
  ownedBy(node: NodeId): number[] {
    const partitions = this.history.live.flatMap((ring) => ownedPartitions(ring, node));
    return [...new Set(partitions)].sort((a, b) => a - b);
  }

  /** The partitions that this node owns, ascending. */
  get own(): number[] {
    return this.ownedBy(this.self);
  }

  /** Those that this node and a peer both own, ascending. */
  sharedWith(peer: NodeId): number[] {
    return this.own.filter((partition) => this.owns(peer, partition));
  }

  /** @throws OperatingError `wrong_epoch` where the node does not own the partition */
  assertOwns(node: NodeId, partition: number): void {
    if (this.owns(node, partition)) return;
    throw new OperatingError('wrong_epoch', `${node} does not own the partition ${partition}`);
  }

  /** @throws OperatingError `wrong_epoch` where this node or the peer does not own the partition */
  assertShared(partition: number, peer: NodeId): void {
    this.assertOwns(this.self, partition);
    this.assertOwns(peer, partition);
  }

  standingOf(epoch: number): EpochStanding {
    return this.history.standingOf(epoch);
  }

  /**
   * @param epoch of a record or a context
   * @throws OperatingError `wrong_epoch` where it was made under a ring that is not known here yet:
   * this node cannot say whom that ring asks
   */
  assertKnown(epoch: number): void {
    if (this.standingOf(epoch) !== 'newer') return;
    const message = `this node knows the ring epoch ${this.epoch}, not yet ${epoch}`;
    throw new OperatingError('wrong_epoch', message);
  }

  #isPartition(partition: number): boolean {
    return Number.isInteger(partition) && partition >= 0 && partition < this.partitionCount;
  }

  #of(partition: number): Owned {
    const { history } = this;
    if (this.#known !== history) {
      this.#known = history;
      this.#owned = [];
    }
    let owned = this.#owned[partition];
    if (owned === undefined) {
      assert(this.#isPartition(partition), 'a partition is 0 to Q - 1');
      const sets = history.live.map((ring) => owningMembers(ring, partition));
      owned = { sets, ids: [...new Set(sets.flatMap((set) => set.map(({ id }) => id)))] };
      this.#owned[partition] = owned;
    }
    return owned;
  }
}
