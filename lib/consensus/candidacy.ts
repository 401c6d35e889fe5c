/** How a node becomes the proposer: promises, what is taken over, activation (K9). */
import type { NodeId } from '../environment/transport.js';
import { Votes } from '../replication/quorum.js';
import { type Ballot, compareBallots, type ProposalId } from './ballot.js';
import { type ProposerEffect, send } from './effects.js';
import type { Acceptance, PromiseEntry, KeyText, AcceptorReply, Sender } from './messages.js';
import type { Acceptors } from './proposal.js';
import { type Legacy, legacyOf, type PromiseReport } from './takeover.js';

/** A state that may have been chosen under an older ballot, under a number of this one. */
export interface Adopted {
  readonly key: KeyText;
  readonly acceptance: Acceptance;
}

/** What an owner has reported so far, and where its next page begins. */
interface Pages {
  readonly entries: readonly PromiseEntry[];
  readonly next: string;
}

const FIRST_PAGE: Pages = { entries: [], next: '' };

export class Candidacy {
  readonly ballot: Ballot;
  readonly #acceptors: Acceptors;
  readonly #promises: Votes;
  /** Owners that have activated the ballot, each with the start in which it did. */
  readonly activations: Votes;
  readonly #promiseReports = new Map<NodeId, PromiseReport>();
  readonly #pages = new Map<NodeId, Pages>();
  #legacy: Legacy | undefined;
  adopted: readonly Adopted[] = [];
  isActive = false;
  #hasForgottenOlder = false;

  constructor(ballot: Ballot, acceptors: Acceptors) {
    this.ballot = ballot;
    this.#acceptors = acceptors;
    this.#promises = new Votes(acceptors.standing);
    this.activations = new Votes(acceptors.standing);
  }

  begin(): readonly ProposerEffect[] {
    return this.#acceptors.all.map((node) => this.#prepare(node));
  }

  isFor(ballot: Ballot): boolean {
    return compareBallots(ballot, this.ballot) === 0;
  }

  /** Also late ones: each owner that has promised is sent what to activate. */
  promised(
    from: Sender,
    { active, entries, from: page, next }: Extract<AcceptorReply, { is: 'promised' }>,
  ): readonly ProposerEffect[] {
    const before = this.#pages.get(from.node) ?? FIRST_PAGE;
    // A copy that comes late. After a loss the promise of before counts no more: this one is new.
    if (this.#promises.of(from.node) === true || page !== before.next) return [];
    const later = entries.map((entry) => ({ ...entry, record: undefined }));
    const all = [...before.entries, ...later];
    const merges = from.node === this.#acceptors.self ? [] : mergesOf(entries);
    if (next !== undefined) {
      this.#pages.set(from.node, { entries: all, next });
      return [...merges, this.#prepare(from.node)];
    }
    this.#pages.delete(from.node);
    this.#promises.grant(from.node, from.start);
    this.#promiseReports.set(from.node, { active, entries: all });
    const known = this.#legacy;
    if (known !== undefined) return [...merges, this.#activation(known, from.node)];
    const { granted } = this.#promises;
    const hasSelf = granted.includes(this.#acceptors.self);
    if (!this.#acceptors.isMajority(this.#promises) || !hasSelf) return merges;
    const legacy = legacyOf(granted.flatMap((node) => this.#promiseReports.get(node) ?? []));
    this.#legacy = legacy;
    this.adopted = legacy.adopted.map(({ key, dot, state }, place) => {
      const id = { ballot: this.ballot, seq: place + 1 };
      return { key, acceptance: { id, dot, state, isCopied: false } };
    });
    return [
      ...merges,
      ...legacy.adopted.map(() => ({ do: 'count', what: 'adopted' }) as const),
      ...granted.map((node) => this.#activation(legacy, node)),
    ];
  }

  /** @returns whether the ballot is active since this answer */
  activated(from: Sender): boolean {
    this.activations.grant(from.node, from.start);
    const isMajority =
      this.#acceptors.isMajority(this.#promises) && this.#acceptors.isMajority(this.activations);
    if (this.isActive || !isMajority) return false;
    this.isActive = true;
    return true;
  }

  /** Once every owner has activated the ballot, older marks are of no use. */
  forgetOlder(): readonly ProposerEffect[] {
    if (!this.isActive || this.#hasForgottenOlder) return [];
    if (!this.#acceptors.isEveryone(this.activations)) return [];
    this.#hasForgottenOlder = true;
    const request = { is: 'forget ballot', ballot: this.ballot } as const;
    return [
      { do: 'forget ballot', ballot: this.ballot },
      ...this.#acceptors.others.map((node) => send(node, request)),
    ];
  }

  /** Asks again the owners that have not answered. */
  repeat(): readonly ProposerEffect[] {
    const legacy = this.#legacy;
    return this.#acceptors.all.flatMap((node) => {
      if (this.#promises.of(node) !== true) {
        return [this.#prepare(node)];
      }
      const isLate = legacy !== undefined && this.activations.of(node) !== true;
      return isLate ? [this.#activation(legacy, node)] : [];
    });
  }

  /** From where its last page ended. */
  #prepare(node: NodeId): ProposerEffect {
    const from = (this.#pages.get(node) ?? FIRST_PAGE).next;
    return send(node, { is: 'prepare', ballot: this.ballot, from });
  }

  /** Of each key with an entry: of those that were asked first, or of this owner alone. */
  #activation({ brought }: Legacy, node: NodeId): ProposerEffect {
    const marks = new Map<KeyText, ProposalId | undefined>(
      brought.map(({ key, mark }) => [key, mark]),
    );
    for (const { key } of this.#promiseReports.get(node)?.entries ?? []) {
      const isAdopted = this.adopted.some((adopted) => adopted.key === key);
      if (!isAdopted && !marks.has(key)) marks.set(key, undefined);
    }
    return {
      ...{ do: 'activate', node, ballot: this.ballot, adopted: this.adopted },
      brought: [...marks].map(([key, mark]) => ({ key, mark })),
    };
  }
}

/** What an owner has learned was chosen: it is merged at once, and not kept here. */
function mergesOf(entries: readonly PromiseEntry[]): ProposerEffect[] {
  return entries.flatMap(({ key, record }) =>
    record === undefined ? [] : [{ do: 'merge', key, state: record } as const],
  );
}
