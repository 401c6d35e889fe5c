/** Who the node on this disk is, in which cluster, and how often it has started. */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import { encodeStored, readStored } from '../persistence/checksummed.js';
import { SINGLE_KEYS } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';
import type { Transaction } from '../persistence/transaction.js';

/** The cluster that a disk belongs to, once it was founded. */
export interface ClusterIdentity {
  readonly name: string;
  /** Random, agreed by all founders: two clusters of the same name and list have different ids. */
  readonly id: string;
}

/**
 * `proven`: false from the loss of this record until a peer has said what it remembers. The
 * cluster's name and id are empty before the founding.
 */
type Plain = [node: NodeId, start: number, proven: boolean, name: string, cluster: string];

const IDENTITY_KEY = SINGLE_KEYS.node;

/** What to do about a disk of somebody else. */
export const OWN_DATA =
  'start it with its own data folder; where that is lost, with an empty one, which is rebuilt';

export class Identity {
  readonly node: NodeId;
  readonly #store: Store;
  #start: number;
  #proven: boolean;
  /** What was given to the disk last; it is taken once it is there. */
  #next: { readonly start: number; readonly proven: boolean };
  #cluster: ClusterIdentity;

  private constructor(store: Store, [node, start, proven, name, id]: Plain) {
    this.#store = store;
    this.node = node;
    this.#start = start;
    this.#proven = proven;
    this.#next = { start, proven };
    this.#cluster = { name, id };
  }

  /**
   * Counts this start, durably, before the node serves anything.
   * @param clusterName as configured
   * @throws OperatingError `founding_refused` where the disk belongs to another node or cluster;
   * nothing was written then.
   */
  static async open(
    store: Store,
    { node, clusterName }: { readonly node: NodeId; readonly clusterName: string },
    observer: Observer,
  ): Promise<Identity> {
    const bytes = store.get(IDENTITY_KEY);
    const stored = bytes && (readStored(IDENTITY_KEY, bytes, observer) as Plain | undefined);
    const [owner, last, proven, name, id] = stored ?? [node, 0, bytes === undefined, '', ''];
    if (owner !== node) refuse(`the data belongs to node ${owner}, not ${node}: ${OWN_DATA}`);
    if (name !== '' && name !== clusterName) {
      refuse(
        `the data belongs to the cluster ${name} (id ${id}), not to ${clusterName}: ${OWN_DATA}`,
      );
    }
    const identity = new Identity(store, [node, last + 1, proven, name, id]);
    await identity.#keep();
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

  /** The random id of the cluster; empty before the founding. */
  get clusterId(): string {
    return this.#cluster.id;
  }

  /** Peers remember this start, or a later one: on from above it, durably. */
  async raise(above: number): Promise<void> {
    await this.#take(Math.max(this.#next.start, above + 1), true);
    this.#proven = true;
  }

  /**
   * Something here was lost: on from a start in which nothing was said yet, durably.
   * @param above a start in which something was, as far as another record knows
   */
  async renew(above = 0): Promise<void> {
    await this.#take(Math.max(this.#next.start, above) + 1, this.#next.proven);
  }

  /** From now on this disk belongs to the cluster; part of what the transaction writes. */
  join(transaction: Transaction, cluster: ClusterIdentity): void {
    this.#cluster = cluster;
    this.#put(transaction);
  }

  async #take(start: number, proven: boolean): Promise<void> {
    this.#next = { start, proven };
    await this.#keep();
    this.#start = Math.max(this.#start, start);
  }

  #keep(): Promise<void> {
    return this.#store.transact((transaction) => this.#put(transaction), 'sync', 'vital').committed;
  }

  #put(transaction: Transaction): void {
    const { start, proven } = this.#next;
    const { name, id } = this.#cluster;
    const plain: Plain = [this.node, start, proven, name, id];
    transaction.put(IDENTITY_KEY, encodeStored(IDENTITY_KEY, plain));
  }
}

function refuse(message: string): never {
  throw new OperatingError('founding_refused', message);
}
