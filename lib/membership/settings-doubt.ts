/** Must this node read the settings of the others before it counts for a change of them (M2)? */
import type { NodeId, Transport } from '../environment/transport.js';
import { encodeStored } from '../persistence/checksummed.js';
import { SINGLE_KEYS } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';
import { majority } from '../replication/quorum.js';

export interface SettingsDoubtOptions {
  readonly store: Store;
  readonly others: () => readonly NodeId[];
  readonly transport: Pick<Transport, 'isOpen'>;
  /** Is it known whether this disk has lost anything? */
  readonly isSettled: () => boolean;
}

/** One that was asked for its settings. */
export interface SettingsSource {
  readonly peer: NodeId;
  /** Is it in doubt itself? */
  readonly unread: boolean;
}

const UNREAD_KEY = SINGLE_KEYS.unread;

/**
 * A disk that was lost may have acknowledged a change that it no longer holds. Until this node has
 * read the others again it answers what it knows, and counts in no majority.
 */
export class SettingsDoubt {
  readonly #options: SettingsDoubtOptions;
  #raised: boolean;

  constructor(options: SettingsDoubtOptions) {
    this.#options = options;
    this.#raised = options.store.get(UNREAD_KEY) !== undefined;
  }

  get isRaised(): boolean {
    return this.#raised;
  }

  /** Does this node count in no majority now? */
  get stands(): boolean {
    return this.#raised || !this.#options.isSettled();
  }

  /** Resolves when it is on record: a crash from then on finds it again. */
  async raise(): Promise<void> {
    this.#raised = true;
    const { committed } = this.#options.store.transact(
      (transaction) => transaction.put(UNREAD_KEY, encodeStored(UNREAD_KEY, true)),
      'sync',
      'vital',
    );
    await committed;
  }

  /**
   * Ends the doubt where enough was read, and is durable here. A majority of the others meets every
   * majority that this node was part of. All that can be reached are asked besides: whoever counts
   * an answer of before the loss is among them. Those in doubt count only where all have answered:
   * there is nobody else to ask.
   */
  async weigh(sources: readonly SettingsSource[]): Promise<void> {
    if (!this.#raised || !this.#areEnough(sources)) return;
    const { committed } = this.#options.store.transact(
      (transaction) => transaction.delete(UNREAD_KEY),
      'sync',
      'vital',
    );
    await committed;
    this.#raised = false;
  }

  #areEnough(sources: readonly SettingsSource[]): boolean {
    const { others, transport } = this.#options;
    const missing = others().filter((other) => !sources.some(({ peer }) => peer === other));
    if (missing.length === 0) return true;
    const sure = sources.filter(({ unread }) => !unread).length;
    return sure >= majority(others().length) && !missing.some((peer) => transport.isOpen(peer));
  }
}
