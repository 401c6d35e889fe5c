/** What a proposal may take: of a record (V4), and of a disk that is nearly full. */
import type { AcceptorChange } from '../consensus/acceptor.js';
import type { RefusalFor } from '../consensus/decision.js';
import type { KeyText } from '../consensus/messages.js';
import type { OperatingError } from '../errors.js';
import { OPERATIONS_NAMESPACE } from '../partitioning/namespace.js';
import type { RecordKey } from '../persistence/keyspace.js';
import { isWellWithin, type RecordLimits, recordRefusal } from '../persistence/record-limits.js';
import { encodeRecord } from '../persistence/records.js';
import type { Store, Urgency } from '../persistence/store.js';
import { isNothing, merge, type Siblings } from '../versioning/siblings.js';
import type { Replica } from './replica.js';

export interface ProposalRoomOptions extends RecordLimits {
  readonly store: Pick<Store, 'refusal' | 'shrinkingRefusal'>;
  readonly replica: Pick<Replica, 'read'>;
  readonly proposals: { at(key: KeyText): RecordKey };
}

export class ProposalRoom {
  readonly #options: ProposalRoomOptions;

  constructor(options: ProposalRoomOptions) {
    this.#options = options;
  }

  /**
   * Why a change of the key is not proposed, as a plain write would not be minted. It returns
   * `context_too_large`, `record_too_large`, `read_only`; and may throw `rebuilding`.
   */
  refusalFor(at: RecordKey): RefusalFor {
    return (change, base, state) => {
      const isDelete = change.state === 'tombstone';
      return this.#sizeRefusal(at, change.seen, { base, state, isDelete }) ?? this.#full(at, state);
    };
  }

  /**
   * How urgent it is to store what an acceptor decided. What is accepted is learned: a record that
   * becomes smaller by it goes on also where the disk is nearly full. All else but acceptances is a
   * few bytes, by which the owner knows what it has said.
   */
  urgencyOf(changes: readonly AcceptorChange[]): Urgency {
    let urgency: Urgency = 'vital';
    for (const change of changes) {
      if (change.store !== 'acceptance') continue;
      const { state, isCopied } = change.acceptance;
      // Under rebuild there is no record to compare with.
      if (isCopied || holdsValue(state)) return 'ordinary';
      if (!this.#shrinks(this.#options.proposals.at(change.key), state)) return 'ordinary';
      urgency = 'shrinking';
    }
    return urgency;
  }

  #sizeRefusal(
    at: RecordKey,
    seen: Parameters<typeof recordRefusal>[2],
    { base, state, isDelete }: { base: Siblings; state: Siblings; isDelete: boolean },
  ): OperatingError | undefined {
    // Mostly: then it is encoded where it is sent alone.
    const limits = limitsFor(at, this.#options);
    if (isWellWithin(limits, state)) return undefined;
    const before = isNothing(base) ? undefined : sizedOf(at, base);
    return recordRefusal(limits, before, seen, sizedOf(at, state), isDelete);
  }

  #full(at: RecordKey, state: Siblings): OperatingError | undefined {
    const { store } = this.#options;
    if (store.refusal === undefined) return undefined;
    const isSmaller = !holdsValue(state) && this.#shrinks(at, state);
    const refusal = isSmaller ? store.shrinkingRefusal : store.refusal;
    // A disk that has failed ends the ballot where it is written to.
    return refusal?.outcome === 'none' ? refusal : undefined;
  }

  /** Is the record smaller once it has learned a state without values? */
  #shrinks(at: RecordKey, state: Siblings): boolean {
    const own = this.#options.replica.read(at);
    if (own === undefined) return false;
    return encodeRecord(at, merge(own.siblings, state)).length < own.bytes.length;
  }
}

/** No client carries the context of an operation's record. It changes a few times, and must. */
function limitsFor({ namespace }: RecordKey, limits: RecordLimits): RecordLimits {
  if (namespace !== OPERATIONS_NAMESPACE) return limits;
  return { ...limits, contextBytesMax: Number.POSITIVE_INFINITY };
}

/** It lies beside the record until it is learned: a value would take room twice. */
function holdsValue({ versions }: Siblings): boolean {
  return versions.some(({ state }) => state === 'value');
}

function sizedOf(at: RecordKey, siblings: Siblings) {
  return { siblings, bytes: encodeRecord(at, siblings) };
}
