/**
 * The course of a write: minted at one primary, sent whole to the others, answered when W hold it
 * (Dynamo 4.5; docs/architecture.md, W1 to W4). Pure: see engine.ts.
 */
import type { NodeId } from '../environment/transport.js';
import { OperatingError } from '../errors.js';
import type { Plan } from '../replication/plan.js';
import { type Standing, Votes } from '../replication/quorum.js';
import { NO_SIBLINGS, type Siblings } from '../versioning/siblings.js';
import { type Course, NOTHING } from './engine.js';
import { Forwarding } from './forwarding.js';
import type { Attempt } from './level.js';
import type { PutResult } from './put-request.js';
import { type Ask, type Copy, ReadRound } from './read-round.js';
import type { Stored } from './repair-core.js';
import { askedTooLate, noPrimary, tooFewUp, unknownOutcome } from './write-refusals.js';

export interface WriteCoreOptions {
  readonly plan: Plan;
  /** The level, then its fallbacks. */
  readonly attempts: readonly Attempt[];
  /** Until the deadline of the request. */
  readonly timeoutMilliseconds: number;
  /** Did another node pass this on? It is not passed on again. */
  readonly isForwarded: boolean;
  /** Does it resolve siblings? All nodes mint the resolutions of a key at the same primary. */
  readonly isResolution: boolean;
  /** Why this primary cannot mint; undefined: it can. */
  readonly unfit: OperatingError | undefined;
  /** Must it know what is there before it is minted, at quorum and stronger? */
  readonly asksFirst: boolean;
  /** How long to wait for those asked before the others are asked, too, with so much time left. */
  readonly patience: (asked: readonly NodeId[], leftMilliseconds: number) => number;
  readonly standing: Standing;
}

/** What was reached. */
export interface Reached {
  readonly level: string;
  /** Primaries that hold the write as durably as asked. */
  readonly answered: number;
  readonly asked: number;
  readonly standIns: number;
}

/** Somebody takes the place of an absent primary. */
export interface HintPlace {
  readonly target: NodeId;
  readonly holder: NodeId;
}

export type WriteEffect =
  /** Pass the request on to this primary. */
  | { readonly do: 'forward'; readonly node: NodeId }
  /** Ask what is there; the answer is told with the number of the round. */
  | ({ readonly do: 'ask'; readonly round: number } & Ask)
  | { readonly do: 'count hedges'; readonly count: number }
  /** Mint on the own record and `met`, and hold hints for `targets` in the same transaction. */
  | {
      readonly do: 'mint';
      readonly met: Siblings | undefined;
      readonly targets: readonly NodeId[];
    }
  /** Mint on the merge of the hints that are held here. */
  | { readonly do: 'mint as stand-in' }
  /** Send what was minted to this primary. */
  | { readonly do: 'copy'; readonly node: NodeId }
  /** What was minted is to be held for an absent primary. */
  | ({ readonly do: 'hold' } & HintPlace)
  | { readonly do: 'answer'; readonly reached: Reached }
  /** What the node that minted it says. */
  | { readonly do: 'pass on'; readonly result: PutResult }
  | { readonly do: 'refuse'; readonly error: OperatingError };

type Stage =
  | 'beginning'
  | 'forwarding a resolution'
  | 'forwarding'
  | 'asking'
  | 'minting'
  | 'minting as stand-in'
  | 'copying'
  | 'over';

const NEVER = Number.POSITIVE_INFINITY;
/** Mostly this replica holds what the others hold, and their fingerprints say so. */
const OTHERS_WANT = ['fingerprint', 'versions'] as const;

export class WriteCore implements Course<WriteEffect> {
  readonly #options: WriteCoreOptions;
  readonly #votes: Votes;
  /** Primaries that were sent the write and have not answered; this node until it has synced. */
  readonly #open: NodeId[] = [];
  #stage: Stage = 'beginning';
  #unfit: OperatingError | undefined;
  #forwarding = new Forwarding([]);
  /** What may still be claimed. */
  #attempts: readonly Attempt[];
  readonly #rounds: ReadRound[] = [];
  now = 0;
  #attemptEndsAt = NEVER;
  #hedgesAt = NEVER;
  #standIns = 0;

  constructor(options: WriteCoreOptions) {
    this.#options = options;
    this.#votes = new Votes(options.standing);
    this.#attempts = options.attempts;
    this.#unfit = options.unfit;
  }

  get isDone(): boolean {
    return this.#stage === 'over' && this.#open.length === 0;
  }

  get wakesAt(): number {
    const { timeoutMilliseconds } = this.#options;
    if (this.#stage === 'asking' || this.#stage === 'copying') {
      return Math.min(this.#attemptEndsAt, this.#hedgesAt, timeoutMilliseconds);
    }
    return timeoutMilliseconds;
  }

  begin(): readonly WriteEffect[] {
    const { plan, isResolution, isForwarded } = this.#options;
    const [first] = plan.primaries.filter(({ up }) => up);
    if (isResolution && !isForwarded && first !== undefined && first.node !== plan.self) {
      this.#stage = 'forwarding a resolution';
      return [{ do: 'forward', node: first.node }];
    }
    return this.#beginHere();
  }

  /** The primary that it was passed on to has done it. */
  forwarded(result: PutResult): readonly WriteEffect[] {
    if (!this.#isForwarding) return NOTHING;
    this.#stage = 'over';
    return [{ do: 'pass on', result }];
  }

  /** @param error what it met; its outcome says whether it may have been done */
  notForwarded(node: NodeId, error: OperatingError): readonly WriteEffect[] {
    if (!this.#isForwarding) return NOTHING;
    const end = this.#forwarding.refused(node, error);
    if (end !== undefined) return this.#refuse(end);
    // A primary that cannot do it now may be a while at what keeps it from it (a rebuild).
    return this.#stage === 'forwarding a resolution' ? this.#beginHere() : this.#forward();
  }

  /** A replica said what it holds. */
  said(round: number, copy: Copy): readonly WriteEffect[] {
    this.#rounds[round]?.took(copy);
    return this.#advanceAsking(round);
  }

  /** A replica did not, and will not. */
  failed(round: number, node: NodeId): readonly WriteEffect[] {
    const at = this.#rounds[round];
    at?.failed(node);
    const [attempt] = this.#attempts;
    if (at === undefined || attempt === undefined || !this.#isAskedIn(round)) return NOTHING;
    return [...this.#asks(round, at.next(attempt.quorum)), ...this.#advanceAsking(round)];
  }

  /** The write has its dot, and waits for this node's disk. */
  minted(): readonly WriteEffect[] {
    const { plan, timeoutMilliseconds } = this.#options;
    this.#stage = 'copying';
    const effects: WriteEffect[] = [];
    for (const { node, up } of plan.primaries) {
      if (!up) this.#votes.deny(node);
      else {
        this.#open.push(node);
        if (node !== plan.self) effects.push({ do: 'copy', node });
      }
    }
    for (const place of this.#places) {
      if (place.holder !== plan.self) effects.push({ do: 'hold', ...place });
    }
    this.#attemptEndsAt = this.#shareOf(timeoutMilliseconds);
    effects.push(...this.#advanceCopying());
    return effects;
  }

  /** Nothing was minted: the very look at the record may have shown that it is damaged. */
  notMinted(error: OperatingError): readonly WriteEffect[] {
    if (this.#stage !== 'minting') return NOTHING;
    if (error.code !== 'rebuilding') return this.#refuse(error);
    this.#unfit = error;
    return this.#forwardUnfit();
  }

  /** @param level at which stand-ins may write */
  mintedAsStandIn(): readonly WriteEffect[] {
    if (this.#stage !== 'minting as stand-in') return NOTHING;
    this.#stage = 'over';
    const attempt = this.#attempts.find(({ level }) => level.standInWrites);
    const level = attempt?.level.name ?? '';
    const asked = this.#options.plan.primaries.length;
    return [{ do: 'answer', reached: { level, answered: 0, asked, standIns: 1 } }];
  }

  notMintedAsStandIn(error: OperatingError): readonly WriteEffect[] {
    return this.#stage === 'minting as stand-in' ? this.#refuse(error) : NOTHING;
  }

  /** @param stored undefined: this primary does not hold the write as durably as asked */
  stored(node: NodeId, stored: Pick<Stored, 'start'> | undefined): readonly WriteEffect[] {
    const place = this.#open.indexOf(node);
    if (place < 0) return NOTHING;
    this.#open.splice(place, 1);
    if (stored !== undefined) this.#votes.grant(node, stored.start);
    else this.#votes.deny(node);
    const { self } = this.#options.plan;
    const effects = this.#advanceCopying();
    if (stored !== undefined || node === self) return effects;
    return [{ do: 'hold', target: node, holder: self }, ...effects];
  }

  /** A hint of the write is held for an absent primary. It counts for no level. */
  held(): void {
    this.#standIns += 1;
  }

  elapsed(): readonly WriteEffect[] {
    if (this.now >= this.#options.timeoutMilliseconds) return this.#expire();
    if (this.now >= this.#attemptEndsAt) return this.#nextAttempt();
    return this.now >= this.#hedgesAt ? this.#hedge() : NOTHING;
  }

  get #isForwarding(): boolean {
    return this.#stage === 'forwarding' || this.#stage === 'forwarding a resolution';
  }

  #isAskedIn(round: number): boolean {
    return this.#stage === 'asking' && round === this.#rounds.length - 1;
  }

  /** A stand-in for each absent primary, distinct while there are enough, then this node. */
  get #places(): HintPlace[] {
    const { absent, standIns, self } = this.#options.plan;
    return absent.map((target, i) => ({ target, holder: standIns[i] ?? self }));
  }

  /** What no other node has to do. */
  #beginHere(): readonly WriteEffect[] {
    const { plan, isForwarded } = this.#options;
    if (!plan.isPrimary) {
      if (isForwarded) return this.#refuse(noPrimary());
      this.#forwarding = new Forwarding(plan.order);
      return this.#forward();
    }
    if (this.#unfit !== undefined) return this.#forwardUnfit();
    const possible = this.#attempts.filter(({ quorum }) => quorum.isPossibleFor(plan.order));
    if (possible.length === 0) return this.#refuse(tooFewUp(this.#attempts, plan));
    this.#attempts = possible;
    return this.#askOrMint();
  }

  /** A primary that cannot mint passes the request on, or says why; it stands in for nobody. */
  #forwardUnfit(): readonly WriteEffect[] {
    const { plan, isForwarded } = this.#options;
    const others = isForwarded ? [] : plan.order.filter((node) => node !== plan.self);
    this.#forwarding = new Forwarding(others);
    return this.#forward();
  }

  #forward(): readonly WriteEffect[] {
    this.#stage = 'forwarding';
    this.#attemptEndsAt = NEVER;
    const node = this.#forwarding.next();
    if (node !== undefined) return [{ do: 'forward', node }];
    const error = this.#forwarding.refusal ?? this.#unfit;
    if (error !== undefined) return this.#refuse(error);
    // Nobody is left: at a level that allows it this node stands in.
    const isAllowed = this.#attempts.some(({ level }) => level.standInWrites);
    if (!isAllowed) return this.#refuse(tooFewUp(this.#attempts, this.#options.plan));
    this.#stage = 'minting as stand-in';
    return [{ do: 'mint as stand-in' }];
  }

  #askOrMint(): readonly WriteEffect[] {
    const [attempt] = this.#attempts;
    const { asksFirst, timeoutMilliseconds } = this.#options;
    if (!asksFirst || attempt?.repairsTo === undefined) return this.#mint(undefined);
    this.#stage = 'asking';
    this.#attemptEndsAt = this.#shareOf(timeoutMilliseconds);
    return this.#askRound('fingerprint');
  }

  #askRound(others: (typeof OTHERS_WANT)[number]): readonly WriteEffect[] {
    const { plan, patience, standing } = this.#options;
    const [attempt] = this.#attempts;
    if (attempt === undefined) return NOTHING;
    const round = new ReadRound(plan, others === 'fingerprint' ? 'full' : others, others, standing);
    const number = this.#rounds.push(round) - 1;
    const asks = this.#asks(number, round.next(attempt.quorum));
    const left = this.#attemptEndsAt - this.now;
    this.#hedgesAt = this.now + Math.min(left, patience(round.asked, left));
    return [...asks, ...this.#advanceAsking(number)];
  }

  #advanceAsking(number: number): readonly WriteEffect[] {
    const round = this.#rounds[number];
    const [attempt] = this.#attempts;
    if (round === undefined || attempt === undefined || !this.#isAskedIn(number)) return NOTHING;
    const state = round.stateOf(attempt.quorum);
    if (state === 'pending') return NOTHING;
    if (state === 'lost') return this.#nextAttempt();
    if (round.isWhole || round.copies.every(({ want }) => want !== 'fingerprint')) {
      return this.#mint(round.merged() ?? NO_SIBLINGS);
    }
    return this.#askRound('versions');
  }

  #mint(met: Siblings | undefined): readonly WriteEffect[] {
    this.#stage = 'minting';
    this.#hedgesAt = NEVER;
    const { self } = this.#options.plan;
    const targets = this.#places.flatMap(({ holder, target }) => (holder === self ? target : []));
    return [{ do: 'mint', met, targets }];
  }

  #advanceCopying(): readonly WriteEffect[] {
    const [attempt] = this.#attempts;
    if (this.#stage !== 'copying' || attempt === undefined) return NOTHING;
    const state = attempt.quorum.stateOf(this.#votes);
    if (state === 'pending') return NOTHING;
    if (state === 'lost') return this.#nextAttempt();
    this.#stage = 'over';
    const level = attempt.level.name;
    const answered = this.#votes.granted.length;
    const asked = this.#options.plan.primaries.length;
    return [{ do: 'answer', reached: { level, answered, asked, standIns: this.#standIns } }];
  }

  /** The level cannot be reached, or took its share of the time. */
  #nextAttempt(): readonly WriteEffect[] {
    const { plan, timeoutMilliseconds } = this.#options;
    const tried = this.#attempts;
    const below = tried.slice(1);
    this.#hedgesAt = NEVER;
    const isLate = this.now >= timeoutMilliseconds;
    if (this.#stage === 'asking') {
      if (isLate) return this.#refuse(askedTooLate(tried, plan));
      if (below.length === 0) return this.#refuse(tooFewUp(tried, plan));
      this.#attempts = below;
      return this.#askOrMint();
    }
    if (below.length === 0 || isLate) {
      const received = this.#votes.granted.length;
      return this.#refuse(unknownOutcome(tried, received, isLate));
    }
    this.#attempts = below;
    this.#attemptEndsAt = this.#shareOf(timeoutMilliseconds);
    return this.#advanceCopying();
  }

  #hedge(): readonly WriteEffect[] {
    this.#hedgesAt = NEVER;
    const number = this.#rounds.length - 1;
    const more = this.#rounds[number]?.hedge() ?? [];
    if (more.length === 0) return NOTHING;
    return [{ do: 'count hedges', count: more.length }, ...this.#asks(number, more)];
  }

  /** The deadline of the request: whoever has not acknowledged gets a hint. */
  #expire(): readonly WriteEffect[] {
    const effects: WriteEffect[] = [];
    if (this.#stage === 'asking' || this.#stage === 'copying') {
      effects.push(...this.#nextAttempt());
    } else if (this.#stage === 'minting as stand-in') effects.push(...this.#refuse(diskTooLate()));
    for (const node of [...this.#open]) effects.push(...this.stored(node, undefined));
    return effects;
  }

  #refuse(error: OperatingError): readonly WriteEffect[] {
    this.#stage = 'over';
    return [{ do: 'refuse', error }];
  }

  #asks(round: number, asks: readonly Ask[]): readonly WriteEffect[] {
    return asks.map((ask) => ({ do: 'ask', round, ...ask }));
  }

  /** Until when an attempt may take: a level that hangs leaves some time to those below it. */
  #shareOf(timeoutMilliseconds: number): number {
    return this.now + Math.max(0, timeoutMilliseconds - this.now) / this.#attempts.length;
  }
}

function diskTooLate(): OperatingError {
  const message = 'the disk of this node did not take it in time';
  return new OperatingError('deadline_passed', message, { outcome: 'unknown' });
}
