/**
 * Which answers of owners count no more (docs/architecture.md, D5): an owner whose disk lost what
 * it held in a partition has taken a higher start, and what it said in earlier ones is void.
 */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { encodeStored, readStored } from '../persistence/checksummed.js';
import { SINGLE_KEYS } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';

/** From this start on the answers of the node count. */
export type Lost = [node: NodeId, start: number];
/** The same, of one partition. */
export type LostIn = [partition: number, node: NodeId, start: number];

const LOSSES_KEY = SINGLE_KEYS.losses;

export class Losses {
  readonly #store: Store;
  readonly #byPartition = new Map<number, Lost[]>();
  #dirty = false;

  private constructor(store: Store) {
    this.#store = store;
  }

  static open(store: Store, observer: Observer): Losses {
    const losses = new Losses(store);
    const bytes = store.get(LOSSES_KEY);
    const stored = bytes && readStored(LOSSES_KEY, bytes, observer);
    losses.learn((stored ?? []) as readonly LostIn[]);
    losses.#dirty = false;
    return losses;
  }

  /** Does what the node answered in this start of it still count? */
  stands(partition: number, node: NodeId, start: number): boolean {
    const lost = this.#byPartition.get(partition);
    return lost === undefined || lost.every(([of, from]) => of !== node || start >= from);
  }

  /**
   * What every answer about the partition carries, not to be changed; undefined, as nearly
   * always: nothing.
   * Invariant: taken after the look at the record of which the answer speaks, or with it.
   */
  of(partition: number): Lost[] | undefined {
    return this.#byPartition.get(partition);
  }

  /** Rises with each loss that becomes known; 0: none is. */
  markOf(partition: number): number {
    return (this.of(partition) ?? []).reduce((sum, [, start]) => sum + start, 0);
  }

  /** The same as a list with partitions. */
  listOf(partition: number): LostIn[] {
    return (this.of(partition) ?? []).map(([node, start]) => [partition, node, start]);
  }

  /** The highest start that the node has announced in any partition; 0: none. */
  startOf(node: NodeId): number {
    const all = [...this.#byPartition.values()].flat();
    return all.reduce(
      (highest, [of, start]) => (of === node ? Math.max(highest, start) : highest),
      0,
    );
  }

  /** In memory at once; a lower start than is known changes nothing. */
  learn(losses: readonly LostIn[]): void {
    for (const [partition, node, start] of losses) {
      if (this.stands(partition, node, start - 1)) {
        const others = (this.of(partition) ?? []).filter(([of]) => of !== node);
        this.#byPartition.set(partition, [...others, [node, start]]);
        this.#dirty = true;
      }
    }
  }

  /** The same, as an answer carried it. */
  learnIn(partition: number, lost: readonly Lost[] | undefined): void {
    if (lost !== undefined) this.learn(lost.map(([node, start]) => [partition, node, start]));
  }

  /** Resolves when all that is known is on the disk, so that a later life knows it, too. */
  async persist(): Promise<void> {
    if (!this.#dirty) return this.#store.sync();
    const plain = [...this.#byPartition.keys()].flatMap((partition) => this.listOf(partition));
    const { committed } = this.#store.transact(
      (transaction) => transaction.put(LOSSES_KEY, encodeStored(LOSSES_KEY, plain)),
      'sync',
      'vital',
    );
    this.#dirty = false;
    try {
      await committed;
    } catch (error) {
      this.#dirty = true;
      throw error;
    }
  }
}
