/** What was chosen, until every owner has accepted or learned it (K7, K10). */
import type { Votes } from '../replication/quorum.js';
import { compareProposals, type ProposalId } from './ballot.js';
import { type ProposerEffect, send } from './effects.js';
import type { Siblings } from '../versioning/siblings.js';
import type { KeyText, Proposal, Sender } from './messages.js';
import type { Acceptors } from './proposal.js';

interface Unsettled {
  readonly key: KeyText;
  readonly id: ProposalId;
  /** Who has accepted or learned it. */
  readonly holders: Votes;
  /** What the others are to learn; undefined: they were told. */
  untold: Siblings | undefined;
  /** The own owner has a mark of it. */
  readonly isMarked: boolean;
}

/** Most keys that are remembered. The marks of others wait for the next activation. */
const UNSETTLED_MAX = 10_000;
/** Most that the others are not told at once: their states are in memory until then. */
const UNTOLD_MAX = 64;

/** Of each key the latest: an owner that has it needs none before. */
export class Settling {
  readonly #acceptors: Acceptors;
  readonly #unsettled = new Map<KeyText, Unsettled>();
  readonly #untold = new Set<KeyText>();

  constructor(acceptors: Acceptors) {
    this.#acceptors = acceptors;
  }

  get count(): number {
    return this.#unsettled.size;
  }

  /** Are there owners that have not been told what was chosen? */
  get hasUntold(): boolean {
    return this.#untold.size > 0;
  }

  /**
   * Learned here at once. The others are told when every owner has accepted it, which mostly is
   * within a moment: then none of them has to remember that another may lack it. Or by `tell`.
   * @param asVote the own owner has not accepted it: learning it is its vote
   */
  learnEverywhere(
    proposal: Pick<Proposal, 'key' | 'id' | 'state'>,
    holders: Votes,
    asVote: boolean,
  ): readonly ProposerEffect[] {
    const { key, id, state } = proposal;
    const isSettled = this.#acceptors.isEveryone(holders);
    // What it learns makes the own owner one of those that have it.
    const isMarked = !this.#acceptors.isEveryoneElse(holders);
    const learn = { do: 'learn', proposal, isSettled: !isMarked, asVote } as const;
    this.#drop(key);
    const one = { key, id, holders, untold: state, isMarked };
    if (isSettled) return [learn, ...this.#learned(one, true)];
    if (this.#unsettled.size >= UNSETTLED_MAX) return [learn, ...this.#learned(one, false)];
    this.#unsettled.set(key, one);
    this.#untold.add(key);
    return this.#untold.size > UNTOLD_MAX ? [learn, ...this.tell()] : [learn];
  }

  /** The others learn what they were not told yet. */
  tell(): readonly ProposerEffect[] {
    const effects = [...this.#untold].flatMap((key) => {
      const one = this.#unsettled.get(key);
      return one === undefined ? [] : this.#learned(one, false);
    });
    this.#untold.clear();
    return effects;
  }

  /** It was counted without this acceptance, which goes now. */
  acceptedLate(from: Sender, key: KeyText, id: ProposalId): readonly ProposerEffect[] {
    if (!this.#isUnsettled(key, id)) return [];
    const isTold = !this.#untold.has(key);
    const effects = this.held(from, key, id);
    if (from.node === this.#acceptors.self || !isTold) return effects;
    const isSettled = !this.#unsettled.has(key);
    return [send(from.node, { is: 'learn', key, id, state: 'held', isSettled }), ...effects];
  }

  /** An owner has durably accepted or learned it. */
  held(from: Sender, key: KeyText, id: ProposalId): readonly ProposerEffect[] {
    if (!this.#isUnsettled(key, id)) return [];
    this.#unsettled.get(key)?.holders.grant(from.node, from.start);
    return this.#settled(key);
  }

  /** Tells what was not told, and sends again to owners that may have missed it. */
  repeat(): readonly ProposerEffect[] {
    const told = [...this.#unsettled.values()].filter(({ key }) => !this.#untold.has(key));
    const again = told.flatMap(({ key, id, holders }) =>
      this.#acceptors.others
        .filter((node) => holders.of(node) !== true)
        .map((node) => ({ do: 'teach', node, key, id }) as const),
    );
    return [...this.tell(), ...again];
  }

  #isUnsettled(key: KeyText, id: ProposalId): boolean {
    return compareProposals(this.#unsettled.get(key)?.id, id) === 0;
  }

  /** What every owner has need not be remembered any more. */
  #settled(key: KeyText): readonly ProposerEffect[] {
    const unsettled = this.#unsettled.get(key);
    if (unsettled === undefined || !this.#acceptors.isEveryone(unsettled.holders)) return [];
    const isTold = !this.#untold.has(key);
    this.#drop(key);
    const { id, isMarked } = unsettled;
    const forget = isMarked ? [{ do: 'forget', key, id } as const] : [];
    if (!isTold) return [...forget, ...this.#learned(unsettled, true)];
    const others = this.#acceptors.others.map((node) => send(node, { is: 'forget', key, id }));
    return [...forget, ...others];
  }

  #learned(one: Unsettled, isSettled: boolean): readonly ProposerEffect[] {
    const { key, id, holders, untold } = one;
    one.untold = undefined;
    if (untold === undefined) return [];
    return this.#acceptors.others.map((node) => {
      const state = holders.of(node) === true ? 'held' : untold;
      return send(node, { is: 'learn', key, id, isSettled, state });
    });
  }

  #drop(key: KeyText): void {
    this.#unsettled.delete(key);
    this.#untold.delete(key);
  }
}
