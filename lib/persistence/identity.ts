/** Who the node on this disk is, and how often it has started. */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import { encodeStored, readStored } from './checksummed.js';
import type { Store } from './store.js';

/** `proven`: false from the loss of this record until a peer has said what it remembers. */
type Plain = [node: NodeId, start: number, proven: boolean];

const IDENTITY_KEY = 'm/node';

export class Identity {
  readonly node: NodeId;
  readonly #store: Store;
  #start: number;
  #proven: boolean;
  /** What was given to the disk last; it is taken once it is there. */
  #next: { readonly start: number; readonly proven: boolean };

  private constructor(store: Store, [node, start, proven]: Plain) {
    this.#store = store;
    this.node = node;
    this.#start = start;
    this.#proven = proven;
    this.#next = { start, proven };
  }

  /**
   * Counts this start, durably, before the node serves anything.
   * @throws OperatingError `founding_refused` where the disk belongs to another node.
   */
  static async open(store: Store, node: NodeId, observer: Observer): Promise<Identity> {
    const bytes = store.get(IDENTITY_KEY);
    const stored = bytes && (readStored(IDENTITY_KEY, bytes, observer) as Plain | undefined);
    const [owner, last, proven] = stored ?? [node, 0, bytes === undefined];
    if (owner !== node) {
      const message = `the data belongs to node ${owner}, not ${node}`;
      throw new OperatingError('founding_refused', message);
    }
    const identity = new Identity(store, [node, last + 1, proven]);
    await identity.#keep(last + 1, proven);
    return identity;
  }

  /** Of this life of the node: 1 at the first on this disk. Higher after a roll-back is noticed. */
  get start(): number {
    return this.#start;
  }

  /** False where the record was damaged, and only peers can say how often this node has started. */
  get isProven(): boolean {
    return this.#proven;
  }

  /** Peers remember this start, or a later one: on from above it, durably. */
  async raise(above: number): Promise<void> {
    await this.#take(Math.max(this.#next.start, above + 1), true);
    this.#proven = true;
  }

  /** Something here was lost: on from a start in which nothing was said yet, durably. */
  async renew(): Promise<void> {
    await this.#take(this.#next.start + 1, this.#next.proven);
  }

  async #take(start: number, proven: boolean): Promise<void> {
    this.#next = { start, proven };
    await this.#keep(start, proven);
    this.#start = Math.max(this.#start, start);
  }

  #keep(start: number, proven: boolean): Promise<void> {
    const plain: Plain = [this.node, start, proven];
    return this.#store.transact(
      (transaction) => transaction.put(IDENTITY_KEY, encodeStored(IDENTITY_KEY, plain)),
      'sync',
      'vital',
    ).committed;
  }
}
