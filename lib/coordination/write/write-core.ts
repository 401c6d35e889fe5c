/**
 * The course of a write: minted at one primary, sent whole to the others, answered when W hold it
 * (Dynamo 4.5; docs/architecture.md, W1 to W4); without a context, after it was looked at what else
 * they hold (W7). Pure: see engine.ts.
 */
import type { NodeId } from '../../environment/transport.js';
import { assert, OperatingError } from '../../errors.js';
import type { Stamped } from '../../replica/blind-report.js';
import type { QuorumState } from '../../replication/quorum.js';
import { isEmptyFloor } from '../../versioning/session-token.js';
import type { Siblings } from '../../versioning/siblings.js';
import { PriorRead } from './prior-read.js';
import { BlindCourse } from './blind-course.js';
import { Copying } from './copying.js';
import { type Core, NOTHING } from '../engine/engine.js';
import { Forwarding } from './forwarding.js';
import { Descent } from '../request/descent.js';
import type { Attempt } from '../request/level.js';
import type { PutResult } from '../request/put-request.js';
import { type Failures, NO_FAILURES, withFailure } from '../request/read-refusals.js';
import type { Copy } from '../read/read-round.js';
import type {
  WriteAcknowledgement,
  OwnRecordState,
  CopyKind,
  WriteCoreOptions,
  WriteEffect,
  WriteStage,
} from './write-effects.js';
import {
  askedInVain,
  coveredTooLate,
  diskTooLate,
  noPrimary,
  notSound,
  settledTooLate,
  tooFewUp,
  unknownOutcome,
} from './write-refusals.js';

const NEVER = Number.POSITIVE_INFINITY;
/** Stages of a level, and the next level has its turn when its share of the time is over. */
const SHARES_TIME: readonly WriteStage[] = ['settling', 'asking', 'copying', 'claiming'];

export class WriteCore implements Core<WriteEffect> {
  readonly #options: WriteCoreOptions;
  readonly #asking: PriorRead;
  readonly #copying: Copying;
  #stage: WriteStage = 'beginning';
  #mintRefusal: OperatingError | undefined;
  #forwarding = new Forwarding([]);
  readonly #descent: Descent;
  now = 0;
  #minted: Stamped | undefined;
  readonly #blind: BlindCourse;
  #failures: Failures = NO_FAILURES;

  constructor(options: WriteCoreOptions) {
    this.#options = options;
    this.#asking = new PriorRead(options);
    this.#copying = new Copying(options.plan, options.standing);
    this.#blind = new BlindCourse(this.#copying);
    this.#descent = new Descent(options.attempts, options.timeoutMilliseconds);
    this.#mintRefusal = options.mintRefusal;
  }

  get isDone(): boolean {
    return this.#stage === 'over' && this.#copying.isSettled;
  }

  get wakesAt(): number {
    const { timeoutMilliseconds } = this.#options;
    if (this.#stage === 'waiting') return this.#blind.waitsUntil ?? timeoutMilliseconds;
    if (!SHARES_TIME.includes(this.#stage)) return timeoutMilliseconds;
    return Math.min(this.#descent.endsAt, this.#asking.hedgesAt, timeoutMilliseconds);
  }

  /** The level that is tried. */
  get level(): string {
    return this.#descent.current.level.name;
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

  /** @param error why it failed; its outcome says whether it may have been done */
  notForwarded(node: NodeId, error: OperatingError): readonly WriteEffect[] {
    if (!this.#isForwarding) return NOTHING;
    const end = this.#forwarding.refused(node, error);
    if (end !== undefined) return this.#refuse(end);
    // What keeps that primary from it may last for a while (a rebuild).
    return this.#stage === 'forwarding a resolution' ? this.#beginHere() : this.#forward();
  }

  /** The own record holds or covers what the session has seen of the key. */
  covered(): readonly WriteEffect[] {
    return this.#stage === 'covering' ? this.#settleFirst() : NOTHING;
  }

  notCovered(error: OperatingError): readonly WriteEffect[] {
    return this.#stage === 'covering' ? this.#refuse(error) : NOTHING;
  }

  /** The own record holds what was accepted here at `strong` when the write began (K12). */
  settled(): readonly WriteEffect[] {
    return this.#stage === 'settling' ? this.#askOrMint() : NOTHING;
  }

  /** Nobody knows what becomes of it: only a level that does not promise to meet it is left. */
  notSettled(error: OperatingError): readonly WriteEffect[] {
    if (this.#stage !== 'settling') return NOTHING;
    while (this.#mayTakeMore) if (!this.#descent.next()) return this.#refuse(error);
    return this.#askOrMint();
  }

  /** A replica said what it holds. */
  said(round: number, copy: Copy): readonly WriteEffect[] {
    this.#asking.said(round, copy);
    return this.#advanceAsking(round);
  }

  /** A replica did not, and will not. @param why it failed, where that is known */
  failed(round: number, node: NodeId, why?: OperatingError): readonly WriteEffect[] {
    this.#failures = withFailure(this.#failures, node, why);
    if (this.#stage !== 'asking') return NOTHING;
    const asks = this.#asking.failed(round, node, this.#descent.current.quorum);
    return [...asks, ...this.#advanceAsking(round)];
  }

  /** The write has its dot, and waits for this node's disk. */
  minted(version: Stamped): readonly WriteEffect[] {
    assert(this.#stage === 'minting', 'a write is minted once');
    this.#stage = 'copying';
    this.#minted = version;
    this.#descent.begin(this.now);
    return [...this.#copying.begin('write'), ...this.#advance()];
  }

  /** Nothing was minted: the very look at the record may have shown that it is damaged. */
  notMinted(error: OperatingError): readonly WriteEffect[] {
    if (this.#stage !== 'minting') return NOTHING;
    if (error.code !== 'rebuilding') return this.#refuse(error);
    this.#mintRefusal = error;
    return this.#forwardRefused();
  }

  mintedAsStandIn(): readonly WriteEffect[] {
    if (this.#stage !== 'minting as stand-in') return NOTHING;
    const attempt = this.#descent.left.find(({ level }) => level.standInWrites);
    return this.#answer(attempt?.level.name ?? '', 0, 1);
  }

  notMintedAsStandIn(error: OperatingError): readonly WriteEffect[] {
    return this.#stage === 'minting as stand-in' ? this.#refuse(error) : NOTHING;
  }

  /** @param stored undefined: this primary does not hold what was sent as durably as asked */
  stored(
    node: NodeId,
    stored: WriteAcknowledgement | undefined,
    sent: CopyKind,
    why?: OperatingError,
  ): readonly WriteEffect[] {
    this.#failures = withFailure(this.#failures, node, why);
    if (!this.#copying.settle(node, stored?.start, sent)) return NOTHING;
    this.#blind.note(node, stored?.report);
    const { self } = this.#options.plan;
    const effects = this.#advance();
    if (stored !== undefined || node === self) return effects;
    return [{ do: 'hold', target: node, holder: self }, ...effects];
  }

  /** What the own record holds at this moment, in which it is decided what is taken. */
  looked(own: OwnRecordState): readonly WriteEffect[] {
    const version = this.#minted;
    if (this.#stage !== 'deciding' || version === undefined) return NOTHING;
    if (own instanceof OperatingError) return this.#refuse(notSound(own));
    // An owner may have lost what it had acknowledged, while the write waited.
    if (this.#stateOf('write') !== 'reached') {
      this.#stage = 'copying';
      return this.#advance();
    }
    // Collected meanwhile: all owners have seen it end.
    if (own === undefined) return this.#answerReached();
    const verdict = this.#blind.decide(version, own, this.now, this.#descent.endsAt);
    if (verdict.do === 'wait') {
      this.#stage = 'waiting';
      return NOTHING;
    }
    if (verdict.do === 'answer') return this.#answerReached();
    this.#stage = 'claiming';
    const { taken, reports } = verdict;
    return [{ do: 'claim', taken, reports, targets: this.#copying.ownHints }];
  }

  /**
   * The claim is synced here: now it is sent.
   * @param start of this node; see `WriteAcknowledgement`
   */
  claimed(start: number | undefined): readonly WriteEffect[] {
    if (this.#stage !== 'claiming') return NOTHING;
    const { self } = this.#options.plan;
    const effects = this.#copying.begin('claim');
    this.#copying.settle(self, start, 'claim');
    return [...effects, ...this.#advance()];
  }

  notClaimed(error: OperatingError): readonly WriteEffect[] {
    return this.#stage === 'claiming' ? this.#refuse(notSound(error)) : NOTHING;
  }

  /** A hint of the write is held for an absent primary. It counts for no level. */
  held(target: NodeId): void {
    this.#copying.held(target);
  }

  elapsed(): readonly WriteEffect[] {
    if (this.now >= this.#options.timeoutMilliseconds) return this.#expire();
    if (this.#stage === 'waiting' && this.now >= (this.#blind.waitsUntil ?? 0))
      return this.#decide();
    if (this.now >= this.#descent.endsAt) return this.#nextAttempt();
    return this.now >= this.#asking.hedgesAt ? this.#asking.hedge() : NOTHING;
  }

  get #isForwarding(): boolean {
    return this.#stage === 'forwarding' || this.#stage === 'forwarding a resolution';
  }

  /** Begins on this node, unless it must be passed on. */
  #beginHere(): readonly WriteEffect[] {
    const { plan, isForwarded } = this.#options;
    if (!plan.isPrimary) {
      if (isForwarded) return this.#refuse(noPrimary());
      this.#forwarding = new Forwarding(plan.order);
      return this.#forward();
    }
    if (this.#mintRefusal !== undefined) return this.#forwardRefused();
    if (!this.#descent.keepPossible()) return this.#refuse(tooFewUp(this.#descent.left, plan));
    const { session } = this.#options;
    if (session === undefined || isEmptyFloor(session)) return this.#settleFirst();
    this.#stage = 'covering';
    return [{ do: 'cover', floor: session }];
  }

  /** A primary that cannot mint passes the request on, or says why; it stands in for nobody. */
  #forwardRefused(): readonly WriteEffect[] {
    const { plan, isForwarded } = this.#options;
    const others = isForwarded ? [] : plan.order.filter((node) => node !== plan.self);
    this.#forwarding = new Forwarding(others);
    return this.#forward();
  }

  #forward(): readonly WriteEffect[] {
    this.#stage = 'forwarding';
    this.#descent.pause();
    const node = this.#forwarding.next();
    if (node !== undefined) return [{ do: 'forward', node }];
    const error = this.#forwarding.refusal ?? this.#mintRefusal;
    if (error !== undefined) return this.#refuse(error);
    // Nobody is left: at a level that allows it this node stands in. What no owner holds yet
    // could be met by no later request of a session.
    const { session } = this.#options;
    const isSloppy = this.#descent.left.some(({ level }) => level.standInWrites);
    if (!isSloppy || session !== undefined)
      return this.#refuse(tooFewUp(this.#descent.left, this.#options.plan));
    this.#stage = 'minting as stand-in';
    return [{ do: 'mint as stand-in' }];
  }

  #settleFirst(): readonly WriteEffect[] {
    if (!this.#options.hasAcceptance || !this.#mayTakeMore) return this.#askOrMint();
    const isBegun = this.#stage === 'settling';
    this.#stage = 'settling';
    this.#descent.begin(this.now);
    return isBegun ? NOTHING : [{ do: 'settle' }];
  }

  #askOrMint(): readonly WriteEffect[] {
    const { readsBeforeWrite } = this.#descent.current;
    if (!this.#options.asksFirst || !readsBeforeWrite) return this.#mint(undefined);
    this.#stage = 'asking';
    this.#descent.begin(this.now);
    return this.#ask('fingerprint');
  }

  #ask(others: 'fingerprint' | 'versions'): readonly WriteEffect[] {
    const { current, endsAt } = this.#descent;
    const asks = this.#asking.begin(others, current.quorum, this.now, endsAt - this.now);
    return [...asks, ...this.#advanceAsking(undefined)];
  }

  /** @param round of an answer; undefined: the last */
  #advanceAsking(round: number | undefined): readonly WriteEffect[] {
    if (this.#stage !== 'asking') return NOTHING;
    if (round !== undefined && !this.#asking.isIn(round)) return NOTHING;
    const prior = this.#asking.resultOf(this.#descent.current.quorum);
    if (prior === 'pending') return NOTHING;
    if (prior === 'lost') return this.#nextAttempt();
    return prior === 'differ' ? this.#ask('versions') : this.#mint(prior);
  }

  #mint(prior: Siblings | undefined): readonly WriteEffect[] {
    this.#stage = 'minting';
    this.#asking.hedgesAt = NEVER;
    const { ownHints: targets } = this.#copying;
    return [{ do: 'mint', known: prior, targets, isOpen: this.#mayTakeMore }];
  }

  /** Goes on once enough primaries hold what was sent last. */
  #advance(): readonly WriteEffect[] {
    const isClaiming = this.#stage === 'claiming';
    const isCopying = this.#stage === 'copying' || this.#stage === 'waiting';
    if (!isClaiming && !isCopying) return NOTHING;
    const state = this.#stateOf(isClaiming ? 'claim' : 'write');
    if (state === 'pending') return NOTHING;
    if (state === 'lost') return this.#nextAttempt();
    return isCopying && this.#takesMore(this.#descent.current)
      ? this.#decide()
      : this.#answerReached();
  }

  #stateOf(sent: CopyKind): QuorumState {
    const votes = this.#copying.votesOn(sent);
    return votes === undefined ? 'pending' : this.#descent.current.quorum.stateOf(votes);
  }

  readonly #takesMore = ({ endsRaces }: Attempt): boolean => this.#options.isBlind && endsRaces;

  get #mayTakeMore(): boolean {
    return this.#descent.left.some(this.#takesMore);
  }

  #decide(): readonly WriteEffect[] {
    this.#stage = 'deciding';
    return [{ do: 'look' }];
  }

  #answerReached(): readonly WriteEffect[] {
    const { granted, standIns } = this.#copying;
    return this.#answer(this.level, granted.length, standIns);
  }

  #answer(level: string, answered: number, standIns: number): readonly WriteEffect[] {
    assert(this.#stage !== 'over', 'a write is answered once');
    this.#stage = 'over';
    const asked = this.#options.plan.primaries.length;
    const reached = { level, answered, asked, standIns };
    return [{ do: 'answer', reached, left: this.#blind.left }];
  }

  /** The level cannot be reached, or took its share of the time. */
  #nextAttempt(): readonly WriteEffect[] {
    const { plan, timeoutMilliseconds } = this.#options;
    const tried = this.#descent.left;
    const isLate = this.now >= timeoutMilliseconds;
    const isAsking = this.#stage === 'asking';
    this.#asking.hedgesAt = NEVER;
    if (isLate || !this.#descent.next()) {
      if (this.#stage === 'settling') return this.#refuse(settledTooLate());
      if (isAsking) return this.#refuse(askedInVain(tried, plan, this.#failures, isLate));
      const { granted } = this.#copying;
      return this.#refuse(unknownOutcome(tried, granted.length, this.#failures, isLate));
    }
    if (this.#stage === 'settling') return this.#settleFirst();
    if (isAsking) return this.#askOrMint();
    this.#descent.begin(this.now);
    return this.#advance();
  }

  /** The deadline of the request: whoever has not acknowledged gets a hint. */
  #expire(): readonly WriteEffect[] {
    const effects: WriteEffect[] = [];
    if (this.#stage === 'minting as stand-in') effects.push(...this.#refuse(diskTooLate()));
    else if (this.#stage === 'covering') effects.push(...this.#refuse(coveredTooLate()));
    else if (this.#stage !== 'over' && !this.#isForwarding) effects.push(...this.#nextAttempt());
    return [...effects, ...this.#copying.giveUp()];
  }

  #refuse(error: OperatingError): readonly WriteEffect[] {
    this.#stage = 'over';
    return [{ do: 'refuse', error }];
  }
}
