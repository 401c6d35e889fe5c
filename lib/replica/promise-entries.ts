/** What an owner that promises sends of its keys: as many as fit into a message. */
import { entryOf } from '../consensus/acceptor.js';
import type { PromiseEntry } from '../consensus/messages.js';
import { placeOf, proposalKey } from '../persistence/keyspace.js';
import {
  decodeProposal,
  type ProposalPage,
  type StoredProposal,
} from '../persistence/proposals.js';
import type { Replica } from './replica.js';
import type { StoredAcceptor } from './stored-acceptor.js';

export interface PromiseEntriesOptions {
  readonly replica: Pick<Replica, 'read'>;
  /** Bytes of entries in one answer to PREPARE. */
  readonly pageBytesMax: number;
}

export class PromiseEntries {
  readonly #options: PromiseEntriesOptions;
  readonly #stored: StoredAcceptor;

  constructor(options: PromiseEntriesOptions, stored: StoredAcceptor) {
    this.#options = options;
    this.#stored = stored;
  }

  /** Those that fit, and where the next page begins: with a mark comes its record. */
  of(page: ProposalPage): {
    readonly entries: PromiseEntry[];
    readonly next: string | undefined;
  } {
    const { replica, pageBytesMax } = this.#options;
    const entries: PromiseEntry[] = [];
    let size = 0;
    for (const stored of page.proposals) {
      const { at, kind, bytes } = stored;
      const record = kind === 'mark' ? replica.read(at)?.bytes.length : undefined;
      size += bytes.length + (record ?? 0);
      const isFull = size > pageBytesMax && entries.length > 0;
      if (isFull) return { entries, next: proposalKey(kind, at) };
      entries.push(this.entryOf(stored));
    }
    return { entries, next: page.next };
  }

  entryOf(stored: StoredProposal): PromiseEntry {
    const { at } = stored;
    return entryOf(placeOf(at), { ...this.#stored.of(at), ...decodeProposal(stored) });
  }
}
