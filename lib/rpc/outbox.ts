/**
 * What leaves for the peers in messages of fixed layout: items for one peer gather by kind, and
 * leave with the turn of the event loop, as one message a kind.
 */
import { LARGE_BYTES } from '../encoding/large.js';
import { LayoutWriter } from '../encoding/layout.js';
import type { NodeId, Transport } from '../environment/transport.js';
import { type WriteItem, writeMessageHead } from './hot-layout.js';
import { HOT, type HotKind, type HotMessage, type SlotId } from './hot-messages.js';

export interface OutboxOptions {
  readonly transport: Transport;
  /** What of this node's disk is durable; acknowledgements carry it. */
  readonly commitNumber: () => number;
  /** It was taken; the link takes no more. What a link that closes ends is not reported here. */
  readonly onUnsent: (to: NodeId, message: HotMessage) => void;
}

/** What leaves in a message of its kind, and how it is written. */
export interface OutboxItem<Id extends SlotId, Body> {
  readonly kind: HotKind;
  /** The number of a declared type (layout-type.ts); of the other kinds there is none. */
  readonly type?: number;
  /** See `writeMessageHead`, as `second`: items with another head are of another message. */
  readonly first: number;
  readonly second: number;
  readonly write: WriteItem<Id, Body>;
  readonly id: Id;
  readonly body: Body;
}

/** Items of one kind, and one type, for one peer. */
interface Gathering {
  readonly kind: HotKind;
  readonly type: number;
  readonly items: LayoutWriter;
  first: number;
  second: number;
  /** The link has refused it as it is. */
  isRefused: boolean;
}

interface Box {
  readonly gatherings: Gathering[];
  /** Does the transport report when the turn ends? */
  isPlanned: boolean;
}

/** Refusals are last: where an answer does not leave, its refusal leaves with the same turn. */
const KINDS: readonly HotKind[] = [HOT.reads, HOT.copies, HOT.shown, HOT.stored, HOT.refused];
const NO_TYPE = 0;

/**
 * Invariant: no more than `LARGE_BYTES` and one item wait here for one peer, kind and type. More
 * leaves at once, and where the link has no room, the item is refused.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #boxes = new Map<NodeId, Box>();
  readonly #head = new LayoutWriter();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** @returns false: there is no link, or it takes no more; the item does not leave */
  add<Id extends SlotId, Body>(to: NodeId, item: OutboxItem<Id, Body>): boolean {
    const gathering = this.#gatheringOf(to, item.kind, item.type ?? NO_TYPE);
    if (gathering === undefined) return false;
    const { first, second } = item;
    const { items } = gathering;
    const isAlike = gathering.first === first && gathering.second === second;
    if (items.length > 0 && !isAlike && !this.#send(to, gathering)) return false;
    gathering.first = first;
    gathering.second = second;
    const before = items.length;
    try {
      item.write(items, item.id, item.body);
    } catch (error) {
      // What is written half must not leave with the others.
      items.cutTo(before);
      throw error;
    }
    if (items.length <= LARGE_BYTES || before === 0) return true;
    const last = Buffer.from(items.viewFrom(before));
    items.cutTo(before);
    if (!this.#send(to, gathering)) return false;
    items.raw(last);
    return true;
  }

  /** A message of its own, at once: with what lies beside its only item. */
  sendLarge<Id extends SlotId, Body>(
    to: NodeId,
    { kind, first, second, write, id, body }: OutboxItem<Id, Body>,
    beside: Uint8Array,
  ): boolean {
    const items = new LayoutWriter();
    write(items, id, body);
    const message = this.#messageOf({ kind, type: NO_TYPE, items, first, second });
    return this.#options.transport.send(to, [...message, beside]);
  }

  /** The link has closed: what waits does not leave, also not on the next link. */
  forget(peer: NodeId): void {
    const box = this.#boxes.get(peer);
    if (box === undefined) return;
    box.isPlanned = false;
    for (const gathering of box.gatherings) empty(gathering);
  }

  #gatheringOf(to: NodeId, kind: HotKind, type: number): Gathering | undefined {
    const box = this.#boxes.get(to) ?? newBox();
    if (!box.isPlanned) {
      if (!this.#options.transport.beforeLeaving(to, () => this.#leave(to, box))) return undefined;
      this.#boxes.set(to, box);
      box.isPlanned = true;
    }
    const { gatherings } = box;
    const isOf = (one: Gathering): boolean => one.kind === kind && one.type === type;
    const known = gatherings.find(isOf);
    if (known !== undefined) return known;
    const added = newGathering(kind, type);
    gatherings.splice(gatherings.length - 1, 0, added);
    return added;
  }

  /** The turn ends. */
  #leave(to: NodeId, box: Box): void {
    // Whoever learns that something does not leave may ask again: that leaves with the next turn.
    box.isPlanned = false;
    for (const gathering of box.gatherings) {
      if (gathering.items.length === 0) continue;
      gathering.isRefused = false;
      if (this.#send(to, gathering)) continue;
      const message = this.#messageOf(gathering);
      empty(gathering);
      this.#options.onUnsent(to, message);
    }
  }

  #send(to: NodeId, gathering: Gathering): boolean {
    if (gathering.isRefused) return false;
    const isSent = this.#options.transport.send(to, this.#messageOf(gathering));
    if (isSent) empty(gathering);
    else gathering.isRefused = true;
    return isSent;
  }

  #messageOf(gathering: Omit<Gathering, 'isRefused'>): readonly [kind: HotKind, items: Uint8Array] {
    const { kind, type, items, first, second } = gathering;
    this.#head.cutTo(0);
    const last = kind === HOT.stored ? this.#options.commitNumber() : second;
    writeMessageHead(this.#head, kind, first, last, type);
    return [kind, Buffer.concat([this.#head.viewFrom(0), items.viewFrom(0)])];
  }
}

function newBox(): Box {
  return { gatherings: KINDS.map((kind) => newGathering(kind, NO_TYPE)), isPlanned: false };
}

function newGathering(kind: HotKind, type: number): Gathering {
  return { kind, type, items: new LayoutWriter(), first: 0, second: 0, isRefused: false };
}

function empty(gathering: Gathering): void {
  gathering.items.cutTo(0);
  gathering.isRefused = false;
}
