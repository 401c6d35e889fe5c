/**
 * The course of an operation at `strong`, where the client asked: it finds the proposer, reads what
 * is settled in one round trip, passes on what must be decided, and knows what a silence means
 * (docs/consensus.md, K11 and "Routing"). Pure: see engine.ts.
 */
import type { NodeId } from '../../environment/transport.js';
import type { ReadReport } from '../../consensus/strong-read.js';
import { assert, OperatingError, withOutcome } from '../../errors.js';
import type { Core } from '../engine/engine.js';
import { backOff } from './partition-proposer.js';
import { type Failures, failuresIn, NO_FAILURES, withFailure } from '../request/read-refusals.js';
import type {
  Handled,
  ReadOutcome,
  StrongCoreOptions,
  StrongEffect,
  StrongResult,
} from './strong-effects.js';
import { StrongReadRound } from './strong-read-round.js';

type Stage = 'routing' | 'asking' | 'executing' | 'proposing' | 'inquiring' | 'waiting' | 'over';

const NEVER = Number.POSITIVE_INFINITY;
/** So many attempts in a row begin at once; later ones wait first. */
const AT_ONCE_MAX = 2;
const ELSEWHERES_MAX = 3;
const COUNT_TAKE_OVER: readonly StrongEffect[] = [{ do: 'count contention', reason: 'take over' }];

export class StrongCore implements Core<StrongEffect> {
  readonly #options: StrongCoreOptions;
  #stage: Stage = 'routing';
  #target: NodeId = '';
  /** Who refused, or did not answer, since it last waited. */
  readonly #avoided = new Set<NodeId>();
  /** Whose clocks are wrong: they give no value its end. */
  readonly #wrongClocks = new Set<NodeId>();
  #reading: StrongReadRound | undefined;
  #isUnsettled = false;
  #routes = 0;
  /** Nodes in a row that were named as the proposer and were not. */
  #elsewheres = 0;
  #resumesAt = NEVER;
  #sentAt = 0;
  #hedgesAt = NEVER;
  #isSuspected = false;
  /** Somebody who was passed by since may have proposed it: so only what takes effect once. */
  #mayBeProposed = false;
  #failures: Failures = NO_FAILURES;
  now = 0;

  constructor(options: StrongCoreOptions) {
    this.#options = options;
  }

  get isDone(): boolean {
    return this.#stage === 'over';
  }

  get wakesAt(): number {
    const { timeoutMilliseconds, silenceMilliseconds } = this.#options;
    const silence = this.#sentAt + silenceMilliseconds;
    if (this.#stage === 'asking') return Math.min(timeoutMilliseconds, silence, this.#hedgesAt);
    if (this.#stage === 'waiting') return Math.min(timeoutMilliseconds, this.#resumesAt);
    // Whoever decides it knows of the deadline.
    return this.#stage === 'proposing' && !this.#isSuspected ? silence : NEVER;
  }

  begin(): readonly StrongEffect[] {
    const { plan, quorum } = this.#options;
    if (quorum.isPossibleFor(plan.order)) return this.#route();
    return this.#refuse(this.#tooFew('too few replicas are up for this level'));
  }

  /** An owner says what it holds. The own report has its values. */
  reported(report: ReadReport): readonly StrongEffect[] {
    if (this.#stage !== 'asking' || this.#reading?.add(report) !== true) return [];
    return this.#judge(this.#reading);
  }

  /** @param why it does not say, where that is known */
  notReported(node: NodeId, why?: OperatingError): readonly StrongEffect[] {
    const reading = this.#reading;
    if (this.#stage !== 'asking' || reading === undefined) return [];
    this.#failures = withFailure(this.#failures, node, why);
    reading.failed(node);
    if (node === this.#target) {
      this.#avoided.add(node);
      return [{ do: 'count read', result: 'no answer' }, ...this.#again('refused')];
    }
    return [...asks(reading.askMore()), ...this.#judge(reading)];
  }

  /** The proposer of this node is done with it. */
  executed(handled: Handled): readonly StrongEffect[] {
    return this.#stage === 'executing' ? this.#handled(handled) : [];
  }

  notExecuted(error: OperatingError): readonly StrongEffect[] {
    if (this.#stage !== 'executing') return [];
    return this.#notHandled(this.#options.plan.self, error);
  }

  proposed(node: NodeId, handled: Handled): readonly StrongEffect[] {
    const isAwaited = this.#stage === 'proposing' && node === this.#target;
    return isAwaited ? this.#handled(handled) : [];
  }

  notProposed(node: NodeId, error: OperatingError): readonly StrongEffect[] {
    const isAwaited = this.#stage === 'proposing' && node === this.#target;
    return isAwaited ? this.#notHandled(node, error) : [];
  }

  /** @param result undefined: it will never take effect; an error: nobody knows */
  inquired(result: StrongResult | OperatingError | undefined): readonly StrongEffect[] {
    if (this.#stage !== 'inquiring') return [];
    if (result === undefined) return this.#again('refused');
    return result instanceof OperatingError ? this.#refuse(result) : this.#answer(result);
  }

  elapsed(): readonly StrongEffect[] {
    switch (this.#stage) {
      case 'waiting':
        if (this.now >= this.#options.timeoutMilliseconds) return this.#late();
        return this.now >= this.#resumesAt ? this.#route() : [];
      case 'asking':
        if (this.now >= this.#options.timeoutMilliseconds) return this.#late();
        return this.now >= this.#hedgesAt ? this.#hedge() : this.#silentReaders();
      case 'proposing':
        return this.#silentProposer();
      default:
        return [];
    }
  }

  /** @param isCounted that somebody is passed by */
  #route(isCounted = false): readonly StrongEffect[] {
    const { plan, proposer, isRead, decides, isForwarded, takesOver } = this.#options;
    const known = proposer();
    // Where nodes name each other in a ring, none of them is the proposer.
    const isLost = this.#elsewheres > ELSEWHERES_MAX;
    if (isLost) this.#elsewheres = 0;
    const isKnown = known !== '' && this.#isAskable(known) && !isLost;
    const isHere = known === plan.self || !isKnown;
    if (isForwarded && (takesOver || isHere)) {
      return this.#decideHere(isKnown && known === plan.self);
    }
    if (isForwarded) return this.#elsewhere();
    const first = plan.primaries.find(({ node, up }) => up && this.#isAskable(node));
    const target = isKnown ? known : first?.node;
    if (target === undefined) return this.#wait();
    this.#target = target;
    if (isKnown && isRead && !decides && !this.#isUnsettled && plan.isPrimary) {
      return this.#ask(target);
    }
    if (target === plan.self) return this.#execute();
    this.#stage = 'proposing';
    this.#sentAt = this.now;
    this.#isSuspected = false;
    const decide = decides || this.#isUnsettled;
    const takeOver = !isKnown;
    const contention = takeOver && known !== '' && !isCounted ? COUNT_TAKE_OVER : [];
    return [...contention, { do: 'propose', node: target, decide, takeOver }];
  }

  #isAskable(node: NodeId): boolean {
    const isPassedBy = this.#avoided.has(node) || this.#wrongClocks.has(node);
    return !isPassedBy && this.#options.isUp(node);
  }

  /** @param isProposer is this node known as the proposer? */
  #decideHere(isProposer: boolean): readonly StrongEffect[] {
    const { plan, isRead, decides } = this.#options;
    this.#target = plan.self;
    if (isProposer && isRead && !decides && !this.#isUnsettled) return this.#ask(plan.self);
    return this.#execute();
  }

  #execute(): readonly StrongEffect[] {
    this.#stage = 'executing';
    return [{ do: 'execute' }];
  }

  #ask(proposer: NodeId): readonly StrongEffect[] {
    this.#stage = 'asking';
    this.#sentAt = this.now;
    this.#reading = new StrongReadRound(this.#options, proposer);
    const asked = this.#reading.begin();
    const { patience, timeoutMilliseconds } = this.#options;
    this.#hedgesAt = this.now + patience(asked, timeoutMilliseconds - this.now);
    return asks(asked);
  }

  /** Who was asked is slow: another may be quicker, and then nothing need be proposed. */
  #hedge(): readonly StrongEffect[] {
    this.#hedgesAt = NEVER;
    const more = this.#reading?.hedge() ?? [];
    return more.length === 0 ? [] : [{ do: 'count hedges', count: more.length }, ...asks(more)];
  }

  #judge({ verdict }: StrongReadRound): readonly StrongEffect[] {
    if (verdict === 'pending') return [];
    if (verdict === 'unsettled') return this.#leaveOpen('not settled');
    const { record, answered } = verdict;
    if (this.#options.mayHaveEnded(record)) return this.#leaveOpen('near its end');
    const result = { is: 'read', record } as const;
    return [{ do: 'count read', result: 'settled' }, ...this.#answer(result, answered)];
  }

  #leaveOpen(result: ReadOutcome): readonly StrongEffect[] {
    this.#isUnsettled = true;
    return [{ do: 'count read', result }, ...this.#decide()];
  }

  /** The proposer is to decide what is not settled. */
  #decide(): readonly StrongEffect[] {
    const { plan } = this.#options;
    if (this.#target === plan.self) return this.#execute();
    this.#stage = 'proposing';
    this.#sentAt = this.now;
    this.#isSuspected = false;
    return [{ do: 'propose', node: this.#target, decide: true, takeOver: false }];
  }

  #silentReaders(): readonly StrongEffect[] {
    if (this.#reading?.hasReported(this.#target) === true) return this.#leaveOpen('no answer');
    this.#avoided.add(this.#target);
    return [
      { do: 'count read', result: 'no answer' },
      { do: 'suspect', node: this.#target },
      ...this.#again('take over'),
    ];
  }

  /** What may be repeated goes to another; any other write is never sent again (K16). */
  #silentProposer(): readonly StrongEffect[] {
    const { mayRepeat, isSilent } = this.#options;
    if (!isSilent(this.#target, this.now - this.#sentAt)) {
      this.#sentAt = this.now;
      return [];
    }
    this.#isSuspected = true;
    const suspect = { do: 'suspect', node: this.#target } as const;
    if (!mayRepeat) return [suspect];
    this.#avoided.add(this.#target);
    this.#mayBeProposed = true;
    return [suspect, ...this.#again('take over')];
  }

  #handled(handled: Handled): readonly StrongEffect[] {
    switch (handled.is) {
      case 'elsewhere':
        this.#elsewheres += 1;
        // Also a proposer that was deposed says so of what may be proposed again.
        this.#mayBeProposed ||= this.#options.mayRepeat;
        return this.#again('elsewhere');
      case 'lost':
        this.#stage = 'inquiring';
        return [{ do: 'inquire', lost: handled }];
      case 'applied':
      case 'read':
      case 'unmet':
      case 'settled':
        return this.#answer(handled);
    }
  }

  #notHandled(node: NodeId, error: OperatingError): readonly StrongEffect[] {
    const { outcome, retryable, code } = error;
    const isLate = code === 'deadline_passed' || this.now >= this.#options.timeoutMilliseconds;
    const isHarmless = this.#options.mayRepeat || outcome === 'none';
    if (!isHarmless && code === 'peer_unreachable') {
      const message = `${node} did not answer: the write may have taken effect`;
      return this.#refuse(new OperatingError('outcome_unknown', message, { cause: error }));
    }
    if (isLate || !isHarmless || !retryable) return this.#refuse(error);
    // Here nobody else is asked: whoever passed it on does.
    if (this.#options.isForwarded) return this.#refuse(error);
    this.#mayBeProposed ||= outcome === 'unknown';
    if (code === 'clock_not_sane') return this.#withoutClock(node, error);
    this.#avoided.add(node);
    return this.#again('refused');
  }

  /** Another owner, whose clock is right, takes over: it also knows what has ended. */
  #withoutClock(node: NodeId, error: OperatingError): readonly StrongEffect[] {
    this.#wrongClocks.add(node);
    const { primaries } = this.#options.plan;
    const isLeft = primaries.some((owner) => owner.up && !this.#wrongClocks.has(owner.node));
    return isLeft ? this.#again('refused') : this.#refuse(error);
  }

  #again(
    reason: Extract<StrongEffect, { do: 'count contention' }>['reason'],
  ): readonly StrongEffect[] {
    const counted = { do: 'count contention', reason } as const;
    if (this.#options.isForwarded) return [counted, ...this.#elsewhere()];
    this.#routes += 1;
    const isCounted = reason === 'take over';
    const then = this.#routes <= AT_ONCE_MAX ? this.#route(isCounted) : this.#wait();
    return [counted, ...then];
  }

  #wait(): readonly StrongEffect[] {
    this.#stage = 'waiting';
    this.#avoided.clear();
    this.#resumesAt = this.now + backOff(this.#routes, this.#options.fraction);
    return [];
  }

  #elsewhere(): readonly StrongEffect[] {
    this.#stage = 'over';
    return [{ do: 'elsewhere' }];
  }

  #answer(
    result: StrongResult,
    answered: number = this.#options.quorum.required,
  ): readonly StrongEffect[] {
    assert(this.#stage !== 'over', 'an operation is answered once');
    this.#stage = 'over';
    return [{ do: 'answer', result, answered }];
  }

  #late(): readonly StrongEffect[] {
    const { plan, quorum } = this.#options;
    const { required } = quorum;
    const details = {
      ...{ required, replicas: plan.primaries.length },
      ...failuresIn(this.#failures),
    };
    const message = 'no proposer could decide it in time';
    return this.#refuse(
      new OperatingError('deadline_passed', message, { outcome: 'none', details }),
    );
  }

  #tooFew(message: string): OperatingError {
    const { plan, quorum } = this.#options;
    return new OperatingError('level_not_reached', message, {
      outcome: 'none',
      details: {
        required: quorum.required,
        up: plan.order.length,
        replicas: plan.primaries.length,
      },
    });
  }

  #refuse(error: OperatingError): readonly StrongEffect[] {
    const { isRead } = this.#options;
    this.#stage = 'over';
    if (isRead) return [{ do: 'refuse', error: withOutcome(error, 'none') }];
    const refusal = this.#mayBeProposed ? withOutcome(error, 'unknown') : error;
    return [{ do: 'refuse', error: refusal }];
  }
}

function asks(nodes: readonly NodeId[]): readonly StrongEffect[] {
  return nodes.map((node) => ({ do: 'ask', node }));
}
