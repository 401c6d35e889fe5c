/** Where the members can be called: hints, which may change at any time (M5). */
import type { Observer } from '../environment/observer.js';
import type { NodeId, PeerAddress } from '../environment/transport.js';
import { messageOf } from '../errors.js';
import { encodeStored, readStored } from '../persistence/checksummed.js';
import { SINGLE_KEYS } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';

export interface AddressesOptions {
  readonly members: readonly NodeId[];
  /** As configured: the list of founders with their addresses. */
  readonly listed: ReadonlyMap<NodeId, string>;
  readonly store: Store;
  readonly observer: Observer;
}

interface Known {
  /** What the list said last; empty where it does not name the node. */
  listed: string;
  /** What the node itself said when it was last linked with this one; empty: never. */
  proven: string;
  /** Where a member that is linked with the node calls it; not stored. */
  reported: string;
}

/** As stored: [id, listed, proven]. */
type Plain = [NodeId, string, string][];

const ADDRESSES_KEY = SINGLE_KEYS.addresses;

/**
 * A node is known by its id; the handshake proves that whoever answers at an address is that node.
 * So a wrong address costs a call, and never more.
 */
export class Addresses {
  readonly #options: AddressesOptions;
  readonly #known: ReadonlyMap<NodeId, Known>;
  #onChanged: () => void = () => undefined;
  /** The last attempt to store what is known was refused. */
  #isUnkept = false;

  private constructor(options: AddressesOptions, known: ReadonlyMap<NodeId, Known>) {
    this.#options = options;
    this.#known = known;
  }

  /** A list that has changed since the last start beats what was learnt before. */
  static async open(options: AddressesOptions): Promise<Addresses> {
    const { members, listed, store, observer } = options;
    const bytes = store.get(ADDRESSES_KEY);
    const plain = ((bytes && readStored(ADDRESSES_KEY, bytes, observer)) ?? []) as Plain;
    const before = new Map(plain.map(([id, ...rest]) => [id, rest]));
    const known = new Map<NodeId, Known>();
    for (const id of members) {
      const [listedBefore = '', provenBefore = ''] = before.get(id) ?? [];
      const now = listed.get(id) ?? listedBefore;
      const moved = listedBefore !== '' && now !== listedBefore;
      if (moved) {
        const fields = { peer: id, before: listedBefore, now };
        observer.log('info', 'the list of founders gives a node another address', fields);
      }
      known.set(id, { listed: now, proven: moved ? '' : provenBefore, reported: '' });
    }
    const addresses = new Addresses(options, known);
    await addresses.#keep();
    return addresses;
  }

  /** Called when a peer should be called elsewhere. */
  onChanged(listener: () => void): void {
    this.#onChanged = listener;
  }

  /** The most likely one first. */
  of(id: NodeId): readonly string[] {
    const { reported = '', proven = '', listed = '' } = this.#known.get(id) ?? {};
    return [...new Set([reported, proven, listed])].filter((address) => address !== '');
  }

  /** The likeliest; empty where none is known. */
  likeliest(id: NodeId): string {
    return this.of(id)[0] ?? '';
  }

  all(): PeerAddress[] {
    return [...this.#known.keys()].map((id) => ({ id, addresses: this.of(id) }));
  }

  /** A node that has proven itself says where it can be called. */
  noteProven(id: NodeId, address: string): void {
    const known = this.#known.get(id);
    if (known === undefined || address === '') return;
    const isNews = known.proven !== address;
    const wasElsewhere = this.likeliest(id);
    known.reported = '';
    known.proven = address;
    if (wasElsewhere !== address) {
      this.#logMoved(id, wasElsewhere, address);
      this.#onChanged();
    }
    // What was refused before is tried again, whoever is heard of next.
    if (isNews || this.#isUnkept) this.#keep().catch((error: unknown) => this.#notKept(error));
  }

  /** A member is linked with the node, and calls it there. */
  noteReported(id: NodeId, address: string): void {
    const known = this.#known.get(id);
    if (known === undefined || address === '' || this.likeliest(id) === address) return;
    this.#logMoved(id, this.likeliest(id), address);
    known.reported = address;
    this.#onChanged();
  }

  #logMoved(peer: NodeId, before: string, now: string): void {
    this.#options.observer.log('info', 'a node has another address', { peer, before, now });
  }

  #notKept(error: unknown): void {
    this.#isUnkept = true;
    const fields = { reason: messageOf(error) };
    this.#options.observer.log('warn', 'the address of a node could not be stored', fields);
  }

  async #keep(): Promise<void> {
    this.#isUnkept = false;
    const plain: Plain = [...this.#known].map(([id, { listed, proven }]) => [id, listed, proven]);
    await this.#options.store.transact(
      (transaction) => transaction.put(ADDRESSES_KEY, encodeStored(ADDRESSES_KEY, plain)),
      'sync',
      'vital',
    ).committed;
  }
}
