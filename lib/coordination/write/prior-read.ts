/** What a write asks before it is minted: with `ttl: keep` it must know what is there. Pure. */
import type { NodeId } from '../../environment/transport.js';
import type { Plan } from '../../replication/plan.js';
import type { Quorum, Standing } from '../../replication/quorum.js';
import { NO_SIBLINGS, type Siblings } from '../../versioning/siblings.js';
import { type Ask, type Copy, ReadRound } from '../read/read-round.js';

export interface PriorReadOptions {
  readonly plan: Plan;
  /** The hedge delay in milliseconds, given the nodes that were asked and the time that is left. */
  readonly patience: (asked: readonly NodeId[], leftMilliseconds: number) => number;
  readonly standing: Standing;
}

export type AskEffect =
  /** Ask what is there; the answer comes with the number of the round. */
  | ({ readonly do: 'ask'; readonly round: number } & Ask)
  | { readonly do: 'count hedges'; readonly count: number };

/** `differ`: their fingerprints do, so they are asked for versions. Else: what is there. */
export type PriorReadState = 'pending' | 'lost' | 'differ' | Siblings;

const NEVER = Number.POSITIVE_INFINITY;

export class PriorRead {
  readonly #options: PriorReadOptions;
  readonly #rounds: ReadRound[] = [];
  /** When others are asked, too. */
  hedgesAt = NEVER;

  constructor(options: PriorReadOptions) {
    this.#options = options;
  }

  /** Mostly this replica holds what the others hold, and their fingerprints say so. */
  begin(
    others: 'fingerprint' | 'versions',
    quorum: Quorum,
    now: number,
    leftMilliseconds: number,
  ): readonly AskEffect[] {
    const { plan, patience, standing } = this.#options;
    const first = others === 'fingerprint' ? 'full' : others;
    const round = new ReadRound(plan, first, others, standing);
    const number = this.#rounds.push(round) - 1;
    const asks = asksOf(number, round.next(quorum));
    this.hedgesAt = now + Math.min(leftMilliseconds, patience(round.asked, leftMilliseconds));
    return asks;
  }

  said(round: number, copy: Copy): void {
    this.#rounds[round]?.took(copy);
  }

  failed(round: number, node: NodeId, quorum: Quorum): readonly AskEffect[] {
    const at = this.#rounds[round];
    at?.failed(node);
    return at === undefined || !this.isIn(round) ? [] : asksOf(round, at.next(quorum));
  }

  hedge(): readonly AskEffect[] {
    this.hedgesAt = NEVER;
    const more = this.#rounds.at(-1)?.hedge() ?? [];
    if (more.length === 0) return [];
    return [{ do: 'count hedges', count: more.length }, ...asksOf(this.#rounds.length - 1, more)];
  }

  /** Is it the last one? */
  isIn(round: number): boolean {
    return round === this.#rounds.length - 1;
  }

  /** What has come of the last round. */
  resultOf(quorum: Quorum): PriorReadState {
    const round = this.#rounds.at(-1);
    const state = round?.stateOf(quorum);
    if (round === undefined || state === 'pending') return 'pending';
    if (state === 'lost') return 'lost';
    const isKnown = round.isWhole || round.copies.every(({ want }) => want !== 'fingerprint');
    return isKnown ? (round.merged() ?? NO_SIBLINGS) : 'differ';
  }
}

function asksOf(round: number, asks: readonly Ask[]): readonly AskEffect[] {
  return asks.map((ask) => ({ do: 'ask', round, ...ask }));
}
