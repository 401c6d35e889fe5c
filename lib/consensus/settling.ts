/** What was chosen, until every owner has accepted or learned it (K7, K10). */
import type { Votes } from '../replication/quorum.js';
import { compareProposals, type ProposalId } from './ballot.js';
import { type ProposerEffect, send } from './effects.js';
import type { KeyText, Proposal, Sender } from './messages.js';
import type { Acceptors } from './proposal.js';

interface Unsettled {
  readonly key: KeyText;
  readonly id: ProposalId;
  /** Who has accepted or learned it. */
  readonly holders: Votes;
}

/** Most keys that are remembered. The marks of others wait for the next activation. */
const UNSETTLED_MAX = 10_000;

/** Of each key the latest: an owner that has it needs none before. */
export class Settling {
  readonly #acceptors: Acceptors;
  readonly #unsettled = new Map<KeyText, Unsettled>();

  constructor(acceptors: Acceptors) {
    this.#acceptors = acceptors;
  }

  get count(): number {
    return this.#unsettled.size;
  }

  /** @param asVote the own owner has not accepted it: learning it is its vote */
  learnEverywhere(
    proposal: Pick<Proposal, 'key' | 'id' | 'state'>,
    holders: Votes,
    asVote: boolean,
  ): readonly ProposerEffect[] {
    const { key, id, state } = proposal;
    const isSettled = this.#acceptors.isEveryone(holders);
    this.#unsettled.delete(key);
    if (this.#unsettled.size < UNSETTLED_MAX) this.#unsettled.set(key, { key, id, holders });
    return [
      { do: 'learn', proposal, isSettled, asVote },
      ...this.#acceptors.others.map((node) =>
        send(node, {
          ...{ is: 'learn', key, id, isSettled },
          state: holders.of(node) === true ? 'held' : state,
        }),
      ),
      ...this.#settled(key),
    ];
  }

  /** It was counted without this acceptance, which goes now. */
  acceptedLate(from: Sender, key: KeyText, id: ProposalId): readonly ProposerEffect[] {
    if (!this.#isUnsettled(key, id)) return [];
    const effects = this.held(from, key, id);
    if (from.node === this.#acceptors.self) return effects;
    const isSettled = !this.#unsettled.has(key);
    return [send(from.node, { is: 'learn', key, id, state: 'held', isSettled }), ...effects];
  }

  /** An owner has durably accepted or learned it. */
  held(from: Sender, key: KeyText, id: ProposalId): readonly ProposerEffect[] {
    if (!this.#isUnsettled(key, id)) return [];
    this.#unsettled.get(key)?.holders.grant(from.node, from.start);
    return this.#settled(key);
  }

  /** Sends it again to owners that may have missed it. */
  repeat(): readonly ProposerEffect[] {
    return [...this.#unsettled.values()].flatMap(({ key, id, holders }) =>
      this.#acceptors.others
        .filter((node) => holders.of(node) !== true)
        .map((node) => ({ do: 'teach', node, key, id }) as const),
    );
  }

  #isUnsettled(key: KeyText, id: ProposalId): boolean {
    return compareProposals(this.#unsettled.get(key)?.id, id) === 0;
  }

  /** What every owner has need not be remembered any more. */
  #settled(key: KeyText): readonly ProposerEffect[] {
    const unsettled = this.#unsettled.get(key);
    if (unsettled === undefined || !this.#acceptors.isEveryone(unsettled.holders)) return [];
    this.#unsettled.delete(key);
    const { id } = unsettled;
    return [
      { do: 'forget', key, id },
      ...this.#acceptors.others.map((node) => send(node, { is: 'forget', key, id })),
    ];
  }
}
