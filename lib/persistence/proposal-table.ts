/**
 * What a node keeps of proposals of the strong level: promises, acceptances and marks, counted with
 * the records of their partition (docs/consensus.md, docs/architecture.md A1).
 */
import { LRUCache } from 'lru-cache';
import type { AcceptorChange } from '../consensus/acceptor.js';
import { NO_BALLOT, type ProposalId } from '../consensus/ballot.js';
import type { Acceptance, KeyText } from '../consensus/messages.js';
import { OperatingError } from '../errors.js';
import type { Digests } from './digests.js';
import { eachEntry, rangeFrom } from './each-entry.js';
import {
  type KeyRange,
  keyAfter,
  partitionKey,
  placeOf,
  placeOfProposal,
  PREFIX,
  type ProposalKind,
  proposalKey,
  proposalsOf,
  rangeOf,
  type RecordKey,
  recordKeyAt,
} from './keyspace.js';
import { ItemSummary } from './leaf-sums.js';
import {
  type Ballots,
  decodeAcceptance,
  decodeBallots,
  decodeMark,
  encodeAcceptance,
  encodeBallots,
  encodeMark,
  type ProposalPage,
  type StoredProposal,
} from './proposals.js';
import type { RecordTable } from './record-table.js';
import type { Store } from './store.js';
import type { Transaction } from './transaction.js';

export interface ProposalTableOptions {
  readonly store: Store;
  readonly digests: Digests;
  readonly table: RecordTable;
  /** Q of the ring: asked for once the ring is known. */
  readonly partitionCount: () => number;
}

/** One thing to be stored, or taken away. */
interface Change {
  readonly storageKey: string;
  readonly bytes: Uint8Array | undefined;
  readonly apply: () => unknown;
}

/**
 * More keys are not accepted at a time: those that were, wait to be learned. Their names are in
 * memory, so that a look at any other key costs nothing.
 */
export const ACCEPTED_KEYS_MAX = 100_000;
/** Bytes of acceptances that are kept decoded. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;
const KEPT_BYTES_EACH = 1000;
/** Entries looked at for one page, whatever their size. */
const PAGE_ENTRIES_MAX = 100;

const NO_BALLOTS: Ballots = { promised: NO_BALLOT, active: NO_BALLOT };

export class ProposalTable {
  readonly #options: ProposalTableOptions;
  readonly #accepted = new Set<KeyText>();
  /** No more marks lie on the disk than this; and promises, one a partition. */
  #marks = 0;
  #promises = 0;
  readonly #ballots = new Map<number, Ballots>();
  readonly #kept = new LRUCache<KeyText, { acceptance: Acceptance; bytes: Uint8Array }>({
    maxSize: KEPT_BYTES_MAX,
    sizeCalculation: ({ bytes }) => bytes.length + KEPT_BYTES_EACH,
  });

  private constructor(options: ProposalTableOptions) {
    this.#options = options;
  }

  /** Finds what is stored; it is read when it is needed first. */
  static async open(options: ProposalTableOptions): Promise<ProposalTable> {
    const proposals = new ProposalTable(options);
    const { store } = options;
    await eachEntry(store, rangeOf(PREFIX.acceptance), (key) => {
      proposals.#accepted.add(placeOfProposal('acceptance', key));
    });
    for (const prefix of [PREFIX.mark, PREFIX.ballots]) {
      await eachEntry(store, rangeOf(prefix), (key) => proposals.#counted(key, 1));
    }
    return proposals;
  }

  /** So many of these are counted with the records. Near enough to show. */
  get count(): number {
    return this.#accepted.size + this.#marks + this.#promises;
  }

  get isFull(): boolean {
    return this.#accepted.size >= ACCEPTED_KEYS_MAX;
  }

  /** What was last decided for the partition, durable or not. @throws as `acceptanceOf` */
  ballotsOf(partition: number): Ballots {
    const known = this.#ballots.get(partition);
    if (known !== undefined) return known;
    const { store, table } = this.#options;
    const bytes = store.get(partitionKey('ballots', partition));
    const ballots =
      bytes === undefined ? NO_BALLOTS : table.known(() => decodeBallots(partition, bytes));
    this.#ballots.set(partition, ballots);
    return ballots;
  }

  isAccepted(at: RecordKey): boolean {
    return this.#accepted.size > 0 && this.#accepted.has(placeOf(at));
  }

  /** The keys that have an acceptance, of all partitions. */
  accepted(): RecordKey[] {
    return Array.from(this.#accepted, (key) => this.at(key));
  }

  /** @throws OperatingError `corrupt_bytes`: damaged, or gone; `unknown_format` */
  acceptanceOf(at: RecordKey): Acceptance | undefined {
    if (!this.isAccepted(at)) return undefined;
    const key = placeOf(at);
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept.acceptance;
    const { store, table } = this.#options;
    const bytes = store.get(proposalKey('acceptance', at));
    if (bytes === undefined) throw new OperatingError('corrupt_bytes', 'an acceptance is gone');
    const acceptance = table.known(() => decodeAcceptance(at, bytes));
    this.#kept.set(key, { acceptance, bytes });
    return acceptance;
  }

  /** @throws as `acceptanceOf` */
  markOf(at: RecordKey): ProposalId | undefined {
    if (this.#marks === 0) return undefined;
    const { store, table } = this.#options;
    const bytes = store.get(proposalKey('mark', at));
    return bytes && table.known(() => decodeMark(at, bytes));
  }

  /** A key as consensus names it. */
  at(key: KeyText): RecordKey {
    return recordKeyAt(key, this.#options.partitionCount());
  }

  /**
   * Makes the changes; what concerns records is left out. Nothing throws once the first was made:
   * what memory knows will be stored.
   */
  change(transaction: Transaction, partition: number, changes: readonly AcceptorChange[]): void {
    const all = changes.flatMap((change) => this.#changesOf(partition, change));
    // A read may fail: all is read first.
    const before = this.#allBefore(transaction, all);
    for (const [i, { storageKey, bytes, apply }] of all.entries()) {
      this.#put(transaction, { partition, storageKey }, before[i], bytes);
      apply();
    }
  }

  /**
   * A page of the acceptances and then the marks of a partition, as they lie on the disk. What is
   * learned while it is read shows as it was, or as it is then.
   * @param from '' for the first page, else where the one before ended
   * @throws OperatingError `corrupt_bytes`: `from` lies outside
   */
  async page(partition: number, from: string, bytesMax: number): Promise<ProposalPage> {
    const { store } = this.#options;
    const proposals: StoredProposal[] = [];
    let size = 0;
    let looked = 0;
    for (const [kind, range] of this.#rangesFrom(partition, from)) {
      const page = await store.range({ ...range, limit: PAGE_ENTRIES_MAX - looked });
      for (const [key, bytes] of page) {
        size += key.length + bytes.length;
        if (size > bytesMax && proposals.length > 0) return { proposals, next: key };
        const at = this.at(placeOfProposal(kind, key));
        proposals.push({ at, kind, bytes });
      }
      looked += page.length;
      const last = page.at(-1)?.[0];
      if (looked === PAGE_ENTRIES_MAX && last !== undefined) {
        return { proposals, next: keyAfter(last) };
      }
    }
    return { proposals, next: undefined };
  }

  /** @param taken keys that a correction has taken away; acceptances may be gone without that */
  forgetLost(partition: number, taken: readonly string[]): void {
    for (const key of taken) this.#counted(key, -1);
    for (const at of this.accepted()) {
      const isLost = this.#options.store.get(proposalKey('acceptance', at)) === undefined;
      if (at.partition === partition && isLost) this.#forget(placeOf(at));
    }
  }

  #rangesFrom(partition: number, from: string): (readonly [ProposalKind, KeyRange])[] {
    const partitionCount = this.#options.partitionCount();
    const acceptances = proposalsOf('acceptance', partition, partitionCount);
    const marks = proposalsOf('mark', partition, partitionCount);
    if (from !== '' && from >= marks.from) return [['mark', rangeFrom(marks, from)]];
    return [
      ['acceptance', rangeFrom(acceptances, from)],
      ['mark', marks],
    ];
  }

  #changesOf(partition: number, change: AcceptorChange): Change[] {
    switch (change.store) {
      case 'ballots': {
        const { promised, active } = change;
        const ballots = { promised, active };
        const bytes = encodeBallots(partition, ballots);
        const apply = (): unknown => this.#ballots.set(partition, ballots);
        return [{ storageKey: partitionKey('ballots', partition), bytes, apply }];
      }
      case 'acceptance': {
        const { key, acceptance } = change;
        const at = this.at(key);
        const bytes = encodeAcceptance(at, acceptance);
        const apply = (): void => {
          this.#accepted.add(key);
          this.#kept.set(key, { acceptance, bytes });
        };
        return [{ storageKey: proposalKey('acceptance', at), bytes, apply }];
      }
      case 'no acceptance': {
        const storageKey = proposalKey('acceptance', this.at(change.key));
        return [{ storageKey, bytes: undefined, apply: () => this.#forget(change.key) }];
      }
      case 'mark':
      case 'no mark': {
        const at = this.at(change.key);
        const bytes = change.store === 'mark' ? encodeMark(at, change.mark) : undefined;
        return [{ storageKey: proposalKey('mark', at), bytes, apply: () => undefined }];
      }
      case 'merge':
        return [];
    }
  }

  #forget(key: KeyText): void {
    this.#accepted.delete(key);
    this.#kept.delete(key);
  }

  #put(
    transaction: Transaction,
    at: { readonly partition: number; readonly storageKey: string },
    before: Uint8Array | undefined,
    bytes: Uint8Array | undefined,
  ): void {
    const { storageKey } = at;
    const summaryOf = (stored: Uint8Array | undefined): ItemSummary | undefined =>
      stored === undefined ? undefined : new ItemSummary(storageKey, stored);
    this.#options.digests.move(at, summaryOf(before), summaryOf(bytes));
    this.#counted(storageKey, (bytes === undefined ? 0 : 1) - (before === undefined ? 0 : 1));
    if (bytes === undefined) transaction.delete(storageKey);
    else transaction.put(storageKey, bytes);
  }

  #counted(storageKey: string, more: number): void {
    if (storageKey.startsWith(PREFIX.mark)) this.#marks += more;
    if (storageKey.startsWith(PREFIX.ballots)) this.#promises += more;
  }

  /** What each change finds. */
  #allBefore(transaction: Transaction, all: readonly Change[]): (Uint8Array | undefined)[] {
    const left = new Map<string, Uint8Array | undefined>();
    return all.map(({ storageKey, bytes }) => {
      const isKnown = left.has(storageKey);
      const before = isKnown ? left.get(storageKey) : this.#before(transaction, storageKey);
      left.set(storageKey, bytes);
      return before;
    });
  }

  /** What is not there is mostly known without a look at the disk. */
  #before(transaction: Transaction, storageKey: string): Uint8Array | undefined {
    if (storageKey.startsWith(PREFIX.mark) && this.#marks === 0) return undefined;
    if (storageKey.startsWith(PREFIX.acceptance)) {
      const key = placeOfProposal('acceptance', storageKey);
      if (!this.#accepted.has(key)) return undefined;
      const kept = this.#kept.peek(key);
      if (kept !== undefined) return kept.bytes;
    }
    return transaction.get(storageKey);
  }
}
