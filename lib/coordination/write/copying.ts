/**
 * What one write sends to the primaries, and who of them holds it: what was minted, and of a blind
 * write maybe a claim (docs/architecture.md, W7). Absent primaries get hints. Pure.
 */
import type { NodeId } from '../../environment/transport.js';
import { assert } from '../../errors.js';
import type { Plan } from '../../replication/plan.js';
import { type Standing, Votes } from '../../replication/quorum.js';
import type { HintPlace, CopyKind, WriteEffect } from './write-effects.js';

interface Round {
  readonly sent: CopyKind;
  readonly votes: Votes;
  /** Primaries that were sent it and have not answered; this node until it has synced. */
  readonly open: NodeId[];
}

export class Copying {
  readonly #plan: Plan;
  readonly #standing: Standing;
  /** One or two rounds: an array of them is searched faster than a map. */
  readonly #rounds: Round[] = [];
  /** Absent primaries of which hints are held. */
  readonly #hinted: NodeId[] = [];

  constructor(plan: Plan, standing: Standing) {
    this.#plan = plan;
    this.#standing = standing;
  }

  begin(sent: CopyKind): WriteEffect[] {
    assert(this.#roundOf(sent) === undefined, 'what is sent is sent once');
    const { primaries, self } = this.#plan;
    const round: Round = { sent, votes: new Votes(this.#standing), open: [] };
    this.#rounds.push(round);
    const effects: WriteEffect[] = [];
    for (const { node, up } of primaries) {
      if (!up) round.votes.deny(node);
      else {
        round.open.push(node);
        if (node !== self) effects.push({ do: 'copy', node, sent });
      }
    }
    for (const { target, holder } of this.#places) {
      if (holder !== self) effects.push({ do: 'hold', target, holder });
    }
    return effects;
  }

  /**
   * @param start in which start of the primary it is held as durably as asked; undefined: it is not
   * @returns false: the answer was not waited for
   */
  settle(node: NodeId, start: number | undefined, sent: CopyKind): boolean {
    const round = this.#roundOf(sent);
    const place = round?.open.indexOf(node) ?? -1;
    if (round === undefined || place < 0) return false;
    round.open.splice(place, 1);
    if (start === undefined) round.votes.deny(node);
    else round.votes.grant(node, start);
    return true;
  }

  /** Undefined: it was not sent. */
  votesOn(sent: CopyKind): Votes | undefined {
    return this.#roundOf(sent)?.votes;
  }

  /** Who holds what was sent last. */
  get granted(): readonly NodeId[] {
    return this.#rounds.at(-1)?.votes.granted ?? [];
  }

  /** Whether each primary has acknowledged what was minted: true, false, or nothing yet. */
  get acknowledged(): readonly (boolean | undefined)[] {
    const votes = this.votesOn('write');
    return this.#plan.primaries.map(({ node }) => votes?.of(node));
  }

  /** Has everybody answered all that was sent? */
  get isSettled(): boolean {
    for (const { open } of this.#rounds) if (open.length > 0) return false;
    return true;
  }

  /** Ends the wait: each primary that has not answered gets a hint. */
  giveUp(): WriteEffect[] {
    const { self } = this.#plan;
    const silent = new Set(this.#rounds.flatMap(({ open }) => open));
    silent.delete(self);
    for (const { open, votes } of this.#rounds) {
      for (const node of open.splice(0)) votes.deny(node);
    }
    return [...silent].map((target) => ({ do: 'hold', target, holder: self }));
  }

  held(target: NodeId): void {
    if (!this.#hinted.includes(target)) this.#hinted.push(target);
  }

  get standIns(): number {
    return this.#hinted.length;
  }

  /** Absent primaries of which this node holds the hints. */
  get ownHints(): NodeId[] {
    const { self } = this.#plan;
    return this.#places.flatMap(({ holder, target }) => (holder === self ? target : []));
  }

  #roundOf(sent: CopyKind): Round | undefined {
    for (const round of this.#rounds) if (round.sent === sent) return round;
    return undefined;
  }

  /** A stand-in for each absent primary, distinct while there are enough, then this node. */
  get #places(): HintPlace[] {
    const { absent, standIns, self } = this.#plan;
    return absent.map((target, i) => ({ target, holder: standIns[i] ?? self }));
  }
}
