/** What was chosen, until every owner has accepted or learned it (K7, K10). */
import type { Votes } from '../replication/quorum.js';
import { compareProposals, type ProposalId } from './ballot.js';
import { type ProposerEffect, send } from './effects.js';
import type { Dot } from '../versioning/dot.js';
import type { Siblings } from '../versioning/siblings.js';
import type { KeyText, Proposal, Sender } from './messages.js';
import type { Acceptors } from './proposal.js';

interface Unsettled {
  readonly key: KeyText;
  readonly id: ProposalId;
  /** Who has accepted or learned it. */
  readonly holders: Votes;
  /** What the others are to learn; undefined: it was sent. */
  unsent: Siblings | undefined;
  /** What they are to count as seen with it. */
  readonly voided: readonly Dot[];
  /** The own owner has a mark of it. */
  readonly isMarked: boolean;
}

/** Most keys that are remembered. The marks of others wait for the next activation. */
const UNSETTLED_MAX = 10_000;
/** Most keys whose LEARN is not sent yet: their states are in memory until then. */
const UNSENT_MAX = 64;

/** Of each key the latest: an owner that has it needs none before. */
export class Settling {
  readonly #acceptors: Acceptors;
  readonly #unsettled = new Map<KeyText, Unsettled>();
  readonly #unsent = new Set<KeyText>();

  constructor(acceptors: Acceptors) {
    this.#acceptors = acceptors;
  }

  get count(): number {
    return this.#unsettled.size;
  }

  /** Are there owners to which what was chosen has not been sent? */
  get hasUnsent(): boolean {
    return this.#unsent.size > 0;
  }

  /**
   * Learned here at once. LEARN goes to the others when every owner has accepted it, which mostly
   * is within a moment: then none has to remember that another may lack it. Or by `sendUnsent`.
   * @param asVote the own owner has not accepted it: learning it is its vote
   * @param voided what nothing has from now on
   */
  learnEverywhere(
    proposal: Pick<Proposal, 'key' | 'id' | 'state'>,
    holders: Votes,
    asVote: boolean,
    voided: readonly Dot[] = [],
  ): readonly ProposerEffect[] {
    const { key, id, state } = proposal;
    const isSettled = this.#acceptors.isEveryone(holders);
    // What it learns makes the own owner one of those that have it.
    const isMarked = !this.#acceptors.isEveryoneElse(holders);
    const learn = { do: 'learn', proposal, isSettled: !isMarked, asVote } as const;
    // Of one that was not sent the numbers go with this one.
    const unsent = this.#unsent.has(key) ? (this.#unsettled.get(key)?.voided ?? []) : [];
    this.#drop(key);
    const one = { key, id, holders, unsent: state, voided: [...unsent, ...voided], isMarked };
    if (isSettled) return [learn, ...this.#learned(one, true)];
    if (this.#unsettled.size >= UNSETTLED_MAX) return [learn, ...this.#learned(one, false)];
    this.#unsettled.set(key, one);
    this.#unsent.add(key);
    return this.#unsent.size > UNSENT_MAX ? [learn, ...this.sendUnsent()] : [learn];
  }

  /** The others learn what was not sent to them yet. */
  sendUnsent(): readonly ProposerEffect[] {
    const effects = [...this.#unsent].flatMap((key) => {
      const one = this.#unsettled.get(key);
      return one === undefined ? [] : this.#learned(one, false);
    });
    this.#unsent.clear();
    return effects;
  }

  /** It was counted without this acceptance, which goes now. */
  acceptedLate(from: Sender, key: KeyText, id: ProposalId): readonly ProposerEffect[] {
    if (!this.#isUnsettled(key, id)) return [];
    const isSent = !this.#unsent.has(key);
    const effects = this.held(from, key, id);
    if (from.node === this.#acceptors.self || !isSent) return effects;
    const isSettled = !this.#unsettled.has(key);
    return [send(from.node, { is: 'learn', key, id, state: 'held', isSettled }), ...effects];
  }

  /** An owner has durably accepted or learned it. */
  held(from: Sender, key: KeyText, id: ProposalId): readonly ProposerEffect[] {
    if (!this.#isUnsettled(key, id)) return [];
    this.#unsettled.get(key)?.holders.grant(from.node, from.start);
    return this.#settled(key);
  }

  /** Sends what was not sent, and sends again to owners that may have missed it. */
  repeat(): readonly ProposerEffect[] {
    const sent = [...this.#unsettled.values()].filter(({ key }) => !this.#unsent.has(key));
    const again = sent.flatMap(({ key, id, holders }) =>
      this.#acceptors.others
        .filter((node) => holders.of(node) !== true)
        .map((node) => ({ do: 'teach', node, key, id }) as const),
    );
    return [...this.sendUnsent(), ...again];
  }

  #isUnsettled(key: KeyText, id: ProposalId): boolean {
    return compareProposals(this.#unsettled.get(key)?.id, id) === 0;
  }

  /** What every owner has need not be remembered any more. */
  #settled(key: KeyText): readonly ProposerEffect[] {
    const unsettled = this.#unsettled.get(key);
    if (unsettled === undefined || !this.#acceptors.isEveryone(unsettled.holders)) return [];
    const isSent = !this.#unsent.has(key);
    this.#drop(key);
    const { id, isMarked } = unsettled;
    const forget = isMarked ? [{ do: 'forget', key, id } as const] : [];
    if (!isSent) return [...forget, ...this.#learned(unsettled, true)];
    const others = this.#acceptors.others.map((node) => send(node, { is: 'forget', key, id }));
    return [...forget, ...others];
  }

  #learned(one: Unsettled, isSettled: boolean): readonly ProposerEffect[] {
    const { key, id, holders, unsent, voided } = one;
    one.unsent = undefined;
    if (unsent === undefined) return [];
    return this.#acceptors.others.map((node) => {
      const state = holders.of(node) === true ? 'held' : unsent;
      return send(node, { is: 'learn', key, id, isSettled, state, voided });
    });
  }

  #drop(key: KeyText): void {
    this.#unsettled.delete(key);
    this.#unsent.delete(key);
  }
}
