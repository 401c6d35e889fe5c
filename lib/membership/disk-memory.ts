/** What this node remembers of the disks of the others: the highest that each has announced. */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import { Periodic } from '../environment/periodic.js';
import type { Random } from '../environment/random.js';
import type { NodeId } from '../environment/transport.js';
import { HOLD } from '../coordination/wire/hold-layout.js';
import { encodeStored, readStored } from '../persistence/checksummed.js';
import { SINGLE_KEYS } from '../persistence/keyspace.js';
import type { Losses } from '../replica/losses.js';
import type { Store } from '../persistence/store.js';
import type { Messenger } from '../rpc/messenger.js';
import type { Incoming } from '../rpc/message.js';
import { type DiskNumbers, highest, NO_NUMBERS } from './disk-numbers.js';
import { DISK, PING } from './messages.js';

export interface DiskMemoryOptions {
  readonly peers: readonly NodeId[];
  readonly store: Store;
  readonly losses: Losses;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly persistIntervalMilliseconds: number;
}

const MEMORY_KEY = SINGLE_KEYS.disks;

/** Persisted lazily: what a crash forgets here, other peers remember. */
export class DiskMemory {
  readonly #options: DiskMemoryOptions;
  readonly #remembered: Map<NodeId, DiskNumbers>;
  readonly #keeper: Periodic;
  #dirty = false;

  constructor(options: DiskMemoryOptions) {
    this.#options = options;
    const { store, observer } = options;
    const bytes = store.get(MEMORY_KEY);
    const stored = bytes && readStored(MEMORY_KEY, bytes, observer);
    this.#remembered = new Map((stored ?? []) as [NodeId, DiskNumbers][]);
    this.#keeper = new Periodic(options, {
      name: 'persist disk memory',
      intervalMilliseconds: options.persistIntervalMilliseconds,
      task: () => this.persist(),
    });
  }

  /** Registers the handlers. */
  serve(messenger: Messenger): void {
    const note = (peer: NodeId, numbers: DiskNumbers): void => this.note(peer, numbers);
    messenger.onReply(PING, note);
    messenger.onReply(HOLD, note);
    messenger.onNumbers(note);
    // A start in which a loss was announced is remembered with it: below that nothing that the node
    // says would count.
    const answer = ({ nonce }: { readonly nonce: number }, { from }: Incoming) => {
      return { ...this.of(from), announced: this.#options.losses.startOf(from), nonce };
    };
    messenger.handle(DISK, answer, { anyEpoch: true });
  }

  start(): void {
    this.#keeper.start();
  }

  stop(): Promise<void> {
    return this.#keeper.stop();
  }

  of(peer: NodeId): DiskNumbers {
    return this.#remembered.get(peer) ?? NO_NUMBERS;
  }

  /** What a peer says of its disk is durable there. */
  note(peer: NodeId, numbers: DiskNumbers): void {
    if (!this.#options.peers.includes(peer)) return;
    const before = this.of(peer);
    const after = highest(before, numbers);
    if (after.start === before.start && after.commit === before.commit) return;
    this.#remembered.set(peer, after);
    this.#dirty = true;
  }

  async persist(): Promise<void> {
    if (!this.#dirty || this.#options.store.failure !== undefined) return;
    const plain = encodeStored(MEMORY_KEY, [...this.#remembered]);
    const { committed } = this.#options.store.transact(
      (transaction) => transaction.put(MEMORY_KEY, plain),
      'os',
      'vital',
    );
    this.#dirty = false;
    await committed;
  }
}
