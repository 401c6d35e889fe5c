/** The tickets of other nodes that this one holds: at most one of each, durable, given out once. */
import type { Observer } from '../environment/observer.js';
import type { NodeId } from '../environment/transport.js';
import { encodeStored, readStored } from '../persistence/checksummed.js';
import { heldTicketKey } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';
import type { Messenger } from '../rpc/messenger.js';
import { HOLD_TICKET, type NamedTicket, STOPPING, TAKE_TICKET } from './messages.js';

/** `takenBy`: the life that it was given to; empty: nobody yet. */
type Plain = [start: number, id: string, takenBy: string];

export interface HeldTicketsOptions {
  readonly peers: readonly NodeId[];
  readonly store: Store;
  readonly observer: Observer;
}

export class HeldTickets {
  readonly #options: HeldTicketsOptions;
  /** Peers that said that they stop, and may bring a ticket yet. */
  readonly #stopping = new Set<NodeId>();

  constructor(options: HeldTicketsOptions) {
    this.#options = options;
  }

  /** Registers the handlers. */
  serve(messenger: Messenger): void {
    const { peers } = this.#options;
    messenger.handle(
      STOPPING,
      ({ done }, { from }) => {
        if (done) this.#stopping.delete(from);
        else if (peers.includes(from)) this.#stopping.add(from);
        return {};
      },
      { anyEpoch: true },
    );
    messenger.handle(HOLD_TICKET, (ticket, { from }) => this.#hold(from, ticket), {
      anyEpoch: true,
    });
    messenger.handle(TAKE_TICKET, (ticket, { from }) => this.#give(from, ticket), {
      anyEpoch: true,
    });
    messenger.onLink((peer) => this.#stopping.delete(peer));
  }

  /** Is somebody about to bring a ticket? */
  get isExpecting(): boolean {
    return this.#stopping.size > 0;
  }

  async #hold(from: NodeId, { start, id }: NamedTicket): Promise<{ readonly held: boolean }> {
    if (!this.#options.peers.includes(from)) return { held: false };
    const before = this.#read(from);
    // A message that comes late, or twice, must not bring back what was given out.
    const isNew = before === undefined || start > before[0];
    if (isNew) await this.#keep(from, [start, id, '']);
    return { held: isNew || (before[1] === id && before[2] === '') };
  }

  /** It is given out durably before the answer leaves. */
  async #give(
    from: NodeId,
    { start, id, life }: NamedTicket & { readonly life: string },
  ): Promise<{ readonly held: boolean }> {
    const held = this.#read(from);
    if (held === undefined || held[0] !== start || held[1] !== id) return { held: false };
    if (held[2] !== '' && held[2] !== life) return { held: false };
    await this.#keep(from, [start, id, life]);
    return { held: true };
  }

  #read(node: NodeId): Plain | undefined {
    const { store, observer } = this.#options;
    const bytes = store.get(heldTicketKey(node));
    return bytes && (readStored(heldTicketKey(node), bytes, observer) as Plain | undefined);
  }

  #keep(node: NodeId, ticket: Plain): Promise<void> {
    const bytes = encodeStored(heldTicketKey(node), ticket);
    const put = (transaction: { put(key: string, value: Uint8Array): void }): void =>
      transaction.put(heldTicketKey(node), bytes);
    return this.#options.store.transact(put, 'sync', 'vital').committed;
  }
}
