/** Who holds which copy while a ring is placed: a table that keeps nodes and zones distinct. */
import { assert } from '../errors.js';
import { at } from './numbers.js';
import type { ZoneBounds } from './quota.js';

/** What placement knows of the nodes: by index, ascending by id. */
export interface Layout {
  readonly partitionCount: number;
  /** Copies of each partition. */
  readonly copies: number;
  /** Zone of each node. */
  readonly zones: readonly number[];
  readonly bounds: ZoneBounds;
  /** Copies each node is to own. */
  readonly quotas: readonly number[];
}

/**
 * `copies` slots for each partition, each with a node or empty. An empty slot counts as held by
 * `nobody`, an index after the last node, of a zone of its own and with a quota of 0.
 *
 * Invariant: a node holds at most one slot of a partition; a zone at most `bounds.most`; and the
 * empty slots suffice to bring every zone to `bounds.fewest`.
 */
export class Assignment {
  readonly layout: Layout;
  readonly nobody: number;
  /** Node of each slot; those of partition p begin at p x copies. */
  readonly slots: Int16Array;
  /** Slots held by each node, and at the end by nobody. */
  readonly counts: Int32Array;
  readonly #held: Uint8Array;
  readonly #zoneCounts: Int16Array;
  /** Slots that each partition lacks in zones below their fewest. */
  readonly #lacking: Int16Array;
  readonly #zoneCount: number;

  constructor(layout: Layout) {
    this.layout = layout;
    this.nobody = layout.zones.length;
    this.#zoneCount = layout.bounds.most.length;
    const slotCount = layout.partitionCount * layout.copies;
    this.slots = new Int16Array(slotCount).fill(this.nobody);
    this.counts = new Int32Array(this.nobody + 1);
    this.counts[this.nobody] = slotCount;
    this.#held = new Uint8Array(layout.partitionCount * this.nobody);
    this.#zoneCounts = new Int16Array(layout.partitionCount * (this.#zoneCount + 1));
    const fewest = layout.bounds.fewest.reduce((total, count) => total + count, 0);
    this.#lacking = new Int16Array(layout.partitionCount).fill(fewest);
    for (let partition = 0; partition < layout.partitionCount; partition += 1) {
      this.#zoneCounts[this.#zoneSlot(partition, this.nobody)] = layout.copies;
    }
  }

  partitionOf(slot: number): number {
    return Math.floor(slot / this.layout.copies);
  }

  holds(partition: number, node: number): boolean {
    return node !== this.nobody && this.#held[partition * this.nobody + node] === 1;
  }

  /** Slots that the node has too many (above 0) or too few (below). */
  excess(node: number): number {
    return at(this.counts, node) - (node === this.nobody ? 0 : at(this.layout.quotas, node));
  }

  /** The node in the slot. */
  holder(slot: number): number {
    return at(this.slots, slot);
  }

  /** Whether the slot's holder may hand it to `node` without breaking a rule. */
  mayGive(slot: number, node: number): boolean {
    const partition = this.partitionOf(slot);
    return !this.holds(partition, node) && this.#zonesAllow(partition, this.holder(slot), node);
  }

  give(slot: number, node: number): void {
    const partition = this.partitionOf(slot);
    const giver = this.holder(slot);
    this.#lacking[partition] = this.#lackingAfter(partition, giver, node);
    this.#count(partition, giver, -1);
    this.#count(partition, node, 1);
    this.slots[slot] = node;
  }

  /** Whether two slots may exchange their holders. */
  mayExchange(slot: number, other: number): boolean {
    const partition = this.partitionOf(slot);
    const otherPartition = this.partitionOf(other);
    const node = this.holder(slot);
    const otherNode = this.holder(other);
    return (
      partition !== otherPartition &&
      !this.holds(partition, otherNode) &&
      !this.holds(otherPartition, node) &&
      this.#zonesAllow(partition, node, otherNode) &&
      this.#zonesAllow(otherPartition, otherNode, node)
    );
  }

  exchange(slot: number, other: number): void {
    const node = this.holder(slot);
    const otherNode = this.holder(other);
    this.give(slot, otherNode);
    this.give(other, node);
  }

  #zonesAllow(partition: number, giver: number, taker: number): boolean {
    const zone = this.#zoneOf(taker);
    if (zone === this.#zoneOf(giver)) return true;
    if (this.#zoneHolds(partition, taker) >= at(this.layout.bounds.most, zone)) return false;
    const empty = this.#zoneHolds(partition, this.nobody) - (giver === this.nobody ? 1 : 0);
    return this.#lackingAfter(partition, giver, taker) <= empty;
  }

  #lackingAfter(partition: number, giver: number, taker: number): number {
    let lacking = at(this.#lacking, partition);
    if (this.#zoneOf(giver) === this.#zoneOf(taker)) return lacking;
    const { fewest } = this.layout.bounds;
    if (giver !== this.nobody) {
      if (this.#zoneHolds(partition, giver) <= at(fewest, this.#zoneOf(giver))) lacking += 1;
    }
    if (this.#zoneHolds(partition, taker) < at(fewest, this.#zoneOf(taker))) lacking -= 1;
    return lacking;
  }

  #count(partition: number, node: number, change: 1 | -1): void {
    this.counts[node] = at(this.counts, node) + change;
    const zoneSlot = this.#zoneSlot(partition, node);
    this.#zoneCounts[zoneSlot] = at(this.#zoneCounts, zoneSlot) + change;
    if (node === this.nobody) return;
    assert(this.holds(partition, node) === change < 0, 'a node holds a partition once');
    this.#held[partition * this.nobody + node] = change > 0 ? 1 : 0;
  }

  #zoneOf(node: number): number {
    return node === this.nobody ? this.#zoneCount : at(this.layout.zones, node);
  }

  #zoneSlot(partition: number, node: number): number {
    return partition * (this.#zoneCount + 1) + this.#zoneOf(node);
  }

  #zoneHolds(partition: number, node: number): number {
    return at(this.#zoneCounts, this.#zoneSlot(partition, node));
  }
}
