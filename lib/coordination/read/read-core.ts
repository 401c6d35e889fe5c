/**
 * The course of a read: one full answer and fingerprints from the rest of R, merged, repaired where
 * the level promises it (Dynamo 4.5, 5; docs/architecture.md, R1 to R4). Pure: see engine.ts.
 */
import type { NodeId } from '../../environment/transport.js';
import { assert, type OperatingError } from '../../errors.js';
import type { ShownAtLeast } from '../../rpc/hot-messages.js';
import type { Siblings } from '../../versioning/siblings.js';
import { isMajority, notCovered } from './cover.js';
import { Descent } from '../request/descent.js';
import { NOTHING, type Core } from '../engine/engine.js';
import {
  type ReadCoreOptions,
  type ReadEffect,
  type ReadStage,
  SHARES_TIME,
  WAITS_FOR_OTHERS,
} from './read-effects.js';
import {
  type Failures,
  NO_FAILURES,
  tooFewAnswered,
  withFailure,
} from '../request/read-refusals.js';
import { type Ask, type Copy, hasSilentHolder, ReadRound } from './read-round.js';
import { ReadRepairs } from './read-repairs.js';
import { SessionCover } from './session-cover.js';
import { StandInReads } from './stand-in-reads.js';
import { awaitedOf, type StoredRepair } from './repair-core.js';

const NEVER = Number.POSITIVE_INFINITY;
export class ReadCore implements Core<ReadEffect> {
  readonly #options: ReadCoreOptions;
  /** All rounds that were begun. */
  readonly #rounds: ReadRound[] = [];
  readonly #repairs = new ReadRepairs();
  readonly #standIns = new StandInReads();
  #stage: ReadStage = 'asking';
  /** The round that every attempt goes on with. */
  #firstRound: ReadRound;
  /** The one before it, where all were asked for more: what is said there still counts. */
  #askedBefore: ReadRound | undefined;
  /** The round that the present stage waits for. */
  #round: ReadRound;
  #descent: Descent;
  /** How many primaries have a part in what is answered. */
  #answered = 0;
  #isWide = false;
  readonly #session: SessionCover;
  #failures: Failures = NO_FAILURES;
  now = 0;
  #hedgesAt = NEVER;

  constructor(options: ReadCoreOptions) {
    this.#options = options;
    this.#session = new SessionCover(options.session, options.plan);
    this.#descent = new Descent(options.attempts, options.timeoutMilliseconds);
    this.#firstRound = this.#newRound('full', 'fingerprint');
    this.#round = this.#firstRound;
  }

  get isDone(): boolean {
    return this.#stage === 'over' && this.#repairs.areSettled;
  }

  get wakesAt(): number {
    return Math.min(this.#endsAt, this.#hedgesAt);
  }

  /** What it waits for. */
  get stage(): ReadStage {
    return this.#stage;
  }

  /** The level that is tried. */
  get level(): string {
    return this.#descent.current.level.name;
  }

  begin(): readonly ReadEffect[] {
    return this.#tryAttempt();
  }

  /** A replica said what it holds. */
  said(round: number, copy: Copy): readonly ReadEffect[] {
    const at = this.#rounds[round];
    assert(at !== undefined, 'an answer is to a question');
    at.took(copy);
    const isLate = at === this.#askedBefore;
    if (isLate) this.#round.alsoSaid(copy);
    return isLate || at === this.#round ? this.#advance() : NOTHING;
  }

  /** A replica did not, and will not. @param why it failed, where that is known */
  failed(round: number, node: NodeId, why?: OperatingError): readonly ReadEffect[] {
    const at = this.#rounds[round];
    at?.failed(node);
    this.#failures = withFailure(this.#failures, node, why);
    if (at !== this.#round) return NOTHING;
    const more = this.#isAsking ? this.#asks(at.next(this.#descent.current.quorum)) : NOTHING;
    return [...more, ...this.#advance()];
  }

  /** @param stored undefined: this replica does not hold the merge, or nobody knows */
  repaired(
    repair: number,
    node: NodeId,
    stored: StoredRepair | undefined,
    why?: OperatingError,
  ): readonly ReadEffect[] {
    this.#failures = withFailure(this.#failures, node, why);
    const effects = this.#repairs.answered(repair, node, stored);
    return this.#repairs.isLast(repair) ? [...effects, ...this.#advance()] : effects;
  }

  /** @param held undefined: nothing, or it did not answer */
  standInSaid(node: NodeId, held: Siblings | undefined): readonly ReadEffect[] {
    return this.#standIns.said(node, held) ? this.#advance() : NOTHING;
  }

  elapsed(): readonly ReadEffect[] {
    if (this.now >= this.#options.timeoutMilliseconds) return this.#expire();
    if (this.now >= this.#endsAt) return this.#nextAttempt();
    return this.now >= this.#hedgesAt ? this.#hedge() : NOTHING;
  }

  get #endsAt(): number {
    const { timeoutMilliseconds } = this.#options;
    return SHARES_TIME.includes(this.#stage) ? this.#descent.endsAt : timeoutMilliseconds;
  }

  get #isAsking(): boolean {
    return this.#stage === 'asking' || this.#stage === 'asking in full';
  }

  /** @param known what was said before and counts in it */
  #newRound(first: Ask['want'], others: Ask['want'], known: readonly Copy[] = []): ReadRound {
    const round = new ReadRound(this.#options.plan, first, others, this.#options.standing);
    for (const copy of known) round.knows(copy);
    this.#rounds.push(round);
    return round;
  }

  /** What the stage waits for may have come. */
  #advance(): readonly ReadEffect[] {
    switch (this.#stage) {
      case 'asking':
      case 'asking in full': {
        const state = this.#round.stateOf(this.#descent.current.quorum);
        if (state === 'pending') return NOTHING;
        return state === 'lost' ? this.#nextAttempt() : this.#reached();
      }
      case 'widening':
        return this.#widened();
      case 'asking the rest':
        return this.#round.isSettled ? this.#restSaid() : NOTHING;
      case 'asking the rest in full':
        return this.#round.isSettled ? this.#missed() : NOTHING;
      case 'repairing':
      case 'awaiting the repair':
        return this.#repairAdvanced();
      case 'asking stand-ins':
        return this.#standIns.areSettled ? this.#standInsSaid() : NOTHING;
      case 'over':
        return NOTHING;
    }
  }

  #tryAttempt(): readonly ReadEffect[] {
    this.#descent.begin(this.now);
    this.#stage = 'asking';
    this.#round = this.#firstRound;
    return this.#askRound(this.#descent.endsAt - this.now);
  }

  #askRound(left: number): readonly ReadEffect[] {
    if (this.#round.stateOf(this.#descent.current.quorum) === 'lost') return this.#nextAttempt();
    const asks = this.#asks(this.#round.next(this.#descent.current.quorum));
    this.#hedgesAt = this.now + Math.min(left, this.#options.patience(this.#round.asked, left));
    const after = this.#advance();
    return after.length === 0 ? asks : [...asks, ...after];
  }

  #nextAttempt(): readonly ReadEffect[] {
    if (this.now >= this.#options.timeoutMilliseconds) return this.#refuse();
    const wereSettled = this.#mayNeedSettled;
    if (!this.#descent.next()) return this.#askStandIns();
    // Who failed, or is silent, since its record must be settled first is asked without that.
    if (wereSettled && !this.#mayNeedSettled) {
      this.#askedBefore = this.#firstRound;
      this.#firstRound = this.#newRound('full', 'fingerprint', this.#firstRound.copies);
    }
    return this.#tryAttempt();
  }

  /** Under the same deadline. Later answers to earlier questions are not used. */
  #beginAnew(): readonly ReadEffect[] {
    const { attempts, timeoutMilliseconds } = this.#options;
    if (this.now >= timeoutMilliseconds) return this.#refuse();
    this.#firstRound = this.#newRound('full', 'fingerprint');
    this.#descent = new Descent(attempts, timeoutMilliseconds);
    return [{ do: 'count begun anew' }, ...this.#tryAttempt()];
  }

  #reached(): readonly ReadEffect[] {
    this.#hedgesAt = NEVER;
    if (this.#round.isWhole) return this.#whole();
    this.#stage = 'asking in full';
    this.#round = this.#newRound('full', 'full');
    return this.#askRound(this.#options.timeoutMilliseconds - this.now);
  }

  /** Every state that a replica holds was given in full. */
  #whole(): readonly ReadEffect[] {
    if (this.#session.of(this.#round) === 'covered') return this.#covered();
    this.#stage = 'widening';
    this.#isWide = true;
    return [...this.#asks(this.#round.widen()), ...this.#advance()];
  }

  #widened(): readonly ReadEffect[] {
    const { plan, timeoutMilliseconds } = this.#options;
    const cover = this.#session.of(this.#round);
    if (cover !== 'covered') {
      if (!this.#round.isSettled) return NOTHING;
      if (this.now < timeoutMilliseconds && this.#session.settles(cover)) return this.#askAnew();
      const isMet = this.#session.isMet(cover, this.#round);
      if (!isMet) return this.#end(notCovered(cover, plan, this.#round, this.#failures));
    }
    // A replica that was asked for a fingerprint only has not said yet what it holds.
    return this.#round.isWhole ? this.#covered() : this.#reached();
  }

  #askAnew(): readonly ReadEffect[] {
    this.#round = this.#newRound('full', 'full');
    return [...this.#asks(this.#round.widen()), ...this.#advance()];
  }

  /** Nothing that the session has seen is missing. */
  #covered(): readonly ReadEffect[] {
    const { provesMiss } = this.#descent.current;
    if (provesMiss || !this.#options.isMiss(this.#round.merged())) return this.#merged();
    return this.#askRest('asking the rest');
  }

  #askRest(stage: ReadStage): readonly ReadEffect[] {
    this.#stage = stage;
    this.#hedgesAt = NEVER;
    const asks = this.#asks(this.#round.rest());
    return [...asks, ...this.#advance()];
  }

  #restSaid(): readonly ReadEffect[] {
    if (this.#round.isWhole) return this.#missed();
    this.#round = this.#newRound('full', 'full');
    return this.#askRest('asking the rest in full');
  }

  /**
   * "There is nothing" may be answered only if no replica holds anything that it did not show, and
   * if the level is still reached: a second answer may count less than the first one (D5).
   */
  #missed(): readonly ReadEffect[] {
    const isShort = this.#round.stateOf(this.#descent.current.quorum) !== 'reached';
    const isSilent = hasSilentHolder(this.#rounds, this.#round);
    return isSilent || isShort ? this.#nextAttempt() : this.#merged();
  }

  /** Replicas that answer from here on are not counted: what they hold is not in the answer. */
  #merged(): readonly ReadEffect[] {
    this.#answered = this.#round.answered;
    const { repairsTo } = this.#descent.current;
    const { plan, awaitsRepair, standing } = this.#options;
    const merged = this.#round.merged();
    const quorum = awaitedOf(repairsTo);
    const promised = repairsTo !== 'none' || awaitsRepair;
    if (merged === undefined || !promised || this.#round.isHeldBy(quorum)) {
      return this.#answer(merged);
    }
    const { copies } = this.#round;
    this.#stage = 'repairing';
    this.#hedgesAt = NEVER;
    const writes = this.#repairs.begin({ plan, merged, copies, quorum, standing });
    return [...writes, ...this.#advance()];
  }

  #repairAdvanced(): readonly ReadEffect[] {
    const repair = this.#repairs.last;
    if (repair === undefined || repair.state === 'pending') return NOTHING;
    if (repair.state === 'overtaken') return this.#beginAnew();
    if (repair.state === 'lost') return this.#nextAttempt();
    this.#stage = 'awaiting the repair';
    if (this.#options.awaitsRepair && repair.open.length > 0) return NOTHING;
    return this.#answer(repair.merged);
  }

  #answer(merged: Siblings | undefined): readonly ReadEffect[] {
    this.#finish();
    const { level, repairsTo } = this.#descent.current;
    const answered = this.#answered;
    const asked = this.#options.plan.primaries.length;
    const place = this.#round.placeOf(merged);
    const atMajority = isMajority(this.#options.plan, awaitedOf(repairsTo));
    const receipt = { level: level.name, answered, asked, standIns: 0 };
    const got = { merged, place, ...receipt, atMajority, widened: this.#isWide };
    return [{ do: 'answer', got }];
  }

  /**
   * At `eventual`, where no primary can be reached, stand-ins are asked what they hold for them.
   * Not for a session: no later request could find what only a stand-in holds.
   */
  #askStandIns(): readonly ReadEffect[] {
    const { plan, attempts, session } = this.#options;
    this.#hedgesAt = NEVER;
    const isAllowed = session === undefined && attempts.some(({ level }) => level.standInReads);
    if (!isAllowed || plan.order.length > 0) return this.#refuse();
    this.#stage = 'asking stand-ins';
    return this.#standIns.ask(plan.standIns);
  }

  #standInsSaid(): readonly ReadEffect[] {
    const merged = this.#standIns.merged();
    const attempt = this.#options.attempts.find(({ level }) => level.standInReads);
    if (merged === undefined || attempt === undefined) return this.#refuse();
    this.#finish();
    const asked = this.#options.plan.primaries.length;
    const receipt = {
      level: attempt.level.name,
      answered: 0,
      asked,
      standIns: this.#standIns.count,
    };
    const got = { merged, ...receipt, atMajority: false, widened: false };
    return [{ do: 'answer', got }];
  }

  #refuse(): readonly ReadEffect[] {
    const { plan, attempts, timeoutMilliseconds } = this.#options;
    const { answered } = this.#firstRound;
    const isLate = this.now >= timeoutMilliseconds;
    return this.#end(tooFewAnswered(attempts, plan, answered, this.#failures, isLate));
  }

  #end(error: OperatingError): readonly ReadEffect[] {
    this.#finish();
    return [{ do: 'refuse', error }];
  }

  #finish(): void {
    assert(this.#stage !== 'over', 'a read is answered once');
    this.#stage = 'over';
    this.#hedgesAt = NEVER;
  }

  #hedge(): readonly ReadEffect[] {
    this.#hedgesAt = NEVER;
    const more = this.#round.hedge();
    if (more.length === 0) return NOTHING;
    return [{ do: 'count hedges', count: more.length }, ...this.#asks(more)];
  }

  /** The deadline of the request: replicas that are silent have failed. */
  #expire(): readonly ReadEffect[] {
    const effects: ReadEffect[] = [];
    if (WAITS_FOR_OTHERS.includes(this.#stage)) {
      // The level was reached: the silence of other replicas is no reason not to answer.
      this.#round.giveUp();
      effects.push(...this.#advance());
    }
    if (this.#stage !== 'over' && this.#stage !== 'awaiting the repair') {
      effects.push(...this.#refuse());
    }
    return [...effects, ...this.#repairs.giveUp(), ...this.#advance()];
  }

  #asks(asks: readonly Ask[]): readonly ReadEffect[] {
    if (asks.length === 0) return NOTHING;
    const round = this.#rounds.indexOf(this.#round);
    const atLeast = this.#atLeast;
    return asks.map(({ node, want }) => ({ do: 'ask', round, atLeast, node, want }));
  }

  get #atLeast(): ShownAtLeast {
    const { current } = this.#descent;
    const isFirst = this.#stage === 'asking';
    const ofLevel = isFirst ? this.#mayNeedSettled : current.settlesAcceptances;
    return this.#isAsking && ofLevel ? 'settled' : this.#session.atLeast;
  }

  /** Does a level that may still be tried show only what is settled? It counts for those below. */
  get #mayNeedSettled(): boolean {
    return this.#descent.left.some(({ settlesAcceptances }) => settlesAcceptances);
  }
}
