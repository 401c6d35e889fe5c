/**
 * The course of a gathering: all primaries are asked the same, and the answer is the union of what
 * they say, not a vote. Pure: see engine.ts.
 */
import type { NodeId } from '../../environment/transport.js';
import type { Plan } from '../../replication/plan.js';
import { type Quorum, Votes } from '../../replication/quorum.js';
import { type Core, NOTHING } from './engine.js';

export interface GatherOptions {
  readonly plan: Plan;
  /** So many must answer. */
  readonly quorum: Quorum;
  /** How long to wait for the other primaries once enough have answered. */
  readonly graceMilliseconds: number;
  readonly timeoutMilliseconds: number;
}

export type GatherEffect<Reply> =
  | { readonly do: 'ask'; readonly node: NodeId }
  | { readonly do: 'answer'; readonly replies: readonly Reply[] }
  | { readonly do: 'refuse'; readonly isLate: boolean };

export class GatherCore<Reply> implements Core<GatherEffect<Reply>> {
  now = 0;
  readonly #options: GatherOptions;
  readonly #votes = new Votes();
  readonly #replies: Reply[] = [];
  #endsAt: number;
  #isOver = false;

  constructor(options: GatherOptions) {
    this.#options = options;
    this.#endsAt = options.timeoutMilliseconds;
    for (const node of options.plan.absent) this.#votes.deny(node);
  }

  get isDone(): boolean {
    return this.#isOver;
  }

  get wakesAt(): number {
    return this.#endsAt;
  }

  begin(): readonly GatherEffect<Reply>[] {
    const asks = this.#options.plan.order.map((node) => ({ do: 'ask', node }) as const);
    return [...asks, ...this.#advance()];
  }

  said(node: NodeId, reply: Reply): readonly GatherEffect<Reply>[] {
    this.#replies.push(reply);
    this.#votes.grant(node);
    return this.#advance();
  }

  failed(node: NodeId): readonly GatherEffect<Reply>[] {
    this.#votes.deny(node);
    return this.#advance();
  }

  elapsed(): readonly GatherEffect<Reply>[] {
    return this.now >= this.#endsAt ? this.#finish() : NOTHING;
  }

  #advance(): readonly GatherEffect<Reply>[] {
    const { plan, quorum, graceMilliseconds, timeoutMilliseconds } = this.#options;
    const state = quorum.stateOf(this.#votes);
    const isAll = plan.order.every((node) => this.#votes.of(node) !== undefined);
    if (isAll || state === 'lost') return this.#finish();
    if (state === 'reached') {
      this.#endsAt = Math.min(timeoutMilliseconds, this.now + graceMilliseconds);
    }
    return NOTHING;
  }

  #finish(): readonly GatherEffect<Reply>[] {
    this.#isOver = true;
    const { quorum, timeoutMilliseconds } = this.#options;
    if (quorum.stateOf(this.#votes) === 'reached') {
      return [{ do: 'answer', replies: this.#replies }];
    }
    return [{ do: 'refuse', isLate: this.now >= timeoutMilliseconds }];
  }
}
