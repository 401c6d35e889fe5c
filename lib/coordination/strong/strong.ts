/** Reads and writes at `strong`: what strong-core.ts decides, done (docs/consensus.md). */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import type { Random } from '../../environment/random.js';
import type { NodeId } from '../../environment/transport.js';
import { OperatingError } from '../../errors.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { ExpiryClock } from '../../persistence/expiry-clock.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import type { Hedging } from '../../replication/hedging.js';
import { majorityOf, type Plans } from '../../replication/plan.js';
import type { Siblings } from '../../versioning/siblings.js';
import { Deferred } from '../engine/deferred.js';
import type { Engine, Operation } from '../engine/engine.js';
import type { StrongAudits } from './strong-audit.js';
import { type KnownProposers, SILENCE_MILLISECONDS } from './known-proposers.js';
import type { Outcomes } from './outcomes.js';
import type { Proposers } from './proposers.js';
import type { Standings } from '../engine/standings.js';
import { strongCoreOf } from './explained-strong.js';
import type { StrongCore } from './strong-core.js';
import type {
  LostProposal,
  StrongEffect,
  StrongResult,
  StrongCoreOptions,
} from './strong-effects.js';
import { changeOf, type Forwarded, type StrongRequest } from './strong-intent.js';
import { appliedOf, handledHere, unknownError } from './strong-results.js';
import type { StrongPeers } from './strong-peers.js';

export interface StrongOptions {
  readonly self: NodeId;
  readonly proposers: Proposers;
  readonly outcomes: Outcomes;
  readonly peers: StrongPeers;
  readonly known: KnownProposers;
  readonly engine: Engine;
  readonly ownership: Ownership;
  readonly plans: Plans;
  readonly standings: Standings;
  readonly audits: StrongAudits;
  readonly hedging: Hedging;
  readonly expiryClock: ExpiryClock;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
}

export interface StrongAnswer {
  readonly result: StrongResult;
  /** Owners that stand for it, at least. */
  readonly answered: number;
  readonly asked: number;
}

export type ForwardedAnswer =
  | { readonly is: 'done'; readonly result: StrongResult }
  | { readonly is: 'elsewhere'; readonly proposer: NodeId };

type StrongRun = Operation<StrongEffect, StrongCore>;

/** One operation under way. */
interface Running {
  readonly request: StrongRequest;
  /** Who was named last as the proposer. */
  named: NodeId | undefined;
  readonly answer: (answer: StrongAnswer) => void;
  readonly elsewhere: () => void;
  readonly refuse: (error: OperatingError) => void;
}

const HERE = { decides: false, takesOver: false, isForwarded: false };
/** How many times the usual slow answer a silence may last before it counts as one. */
const SILENCE_FACTOR = 3;

export class Strong {
  readonly #options: StrongOptions;

  constructor(options: StrongOptions) {
    this.#options = options;
  }

  /**
   * @throws OperatingError `level_not_reached` and `overloaded` (nothing happened),
   * `outcome_unknown`, `deadline_passed`, `clock_not_sane`, `rebuilding`
   */
  run(request: StrongRequest): StrongAnswer | Promise<StrongAnswer> {
    const outcome = new Deferred<StrongAnswer>();
    this.#begin(request, HERE, {
      answer: (answer) => outcome.resolve(answer),
      elsewhere: () => outcome.reject(noProposer()),
      refuse: (error) => outcome.reject(error),
    });
    return outcome.take();
  }

  /** What another node has passed on. @throws as `run` */
  runForwarded(request: StrongRequest, forwarded: Forwarded): Promise<ForwardedAnswer> {
    const { self, ownership } = this.#options;
    ownership.assertOwns(self, request.at.partition);
    return new Promise((resolve, reject) => {
      this.#begin(
        request,
        { ...forwarded, isForwarded: true },
        {
          answer: ({ result }) => resolve({ is: 'done', result }),
          elsewhere: () => {
            const proposer = this.#options.known.of(request.at.partition);
            resolve({ is: 'elsewhere', proposer: proposer === self ? '' : proposer });
          },
          refuse: reject,
        },
      );
    });
  }

  /**
   * Lets what was proposed for the key take effect, or never: what is there then, held by a
   * majority (K12).
   */
  async settleFirst(at: RecordKey, deadline: number): Promise<Siblings | undefined> {
    const condition = { is: 'none' } as const;
    const request = { at, intent: undefined, condition, deadline };
    const { result } = await new Promise<StrongAnswer>((resolve, reject) => {
      const elsewhere = (): void => reject(noProposer());
      this.#begin(
        request,
        { ...HERE, decides: true },
        { answer: resolve, elsewhere, refuse: reject },
      );
    });
    return result.is === 'read' ? result.record : undefined;
  }

  #begin(
    request: StrongRequest,
    how: Pick<StrongCoreOptions, 'decides' | 'takesOver' | 'isForwarded'>,
    ends: Pick<Running, 'answer' | 'elsewhere' | 'refuse'>,
  ): void {
    const { plans, engine, standings, clock, random, known, hedging } = this.#options;
    const { at, deadline, intent, once, explanation } = request;
    const { partition } = at;
    const plan = plans.of(partition);
    let running: Running | undefined;
    const options: StrongCoreOptions = {
      plan,
      quorum: majorityOf(plan),
      standing: standings.of(partition),
      isRead: intent === undefined && once === undefined,
      mayRepeat: intent === undefined || once !== undefined,
      ...how,
      timeoutMilliseconds: deadline - clock.monotonicMilliseconds(),
      proposer: () => running?.named ?? known.of(partition),
      isUp: (node) => known.isUp(partition, node),
      isSilent: (node, since) => known.isSilent(partition, node, since),
      silenceMilliseconds: Math.max(
        SILENCE_MILLISECONDS,
        SILENCE_FACTOR * hedging.slowestOf(plan.order),
      ),
      patience: (asked, left) => hedging.patience(plan, asked, left),
      mayHaveEnded: (record) => this.#mayHaveEnded(record),
      fraction: () => random.fraction(),
    };
    const core = strongCoreOf(options, explanation);
    running = { request, named: undefined, ...ends };
    const about = running;
    engine.run(core, (effect: StrongEffect, operation: StrongRun) => {
      this.#perform(effect, operation, about);
    });
  }

  #perform(effect: StrongEffect, operation: StrongRun, running: Running): void {
    const { observer, plans, known, peers } = this.#options;
    const { request } = running;
    const { partition } = request.at;
    switch (effect.do) {
      case 'ask':
        peers.ask(effect.node, request, (report, why) => {
          operation.dispatch((core) =>
            report === undefined ? core.notReported(effect.node, why) : core.reported(report),
          );
        });
        break;
      case 'execute':
        this.#execute(operation, running);
        break;
      case 'propose':
        this.#propose(effect, operation, running);
        break;
      case 'inquire':
        this.#inquire(effect.lost, operation, running);
        break;
      case 'suspect':
        known.suspect(partition, effect.node);
        break;
      case 'answer': {
        const { result, answered } = effect;
        const asked = plans.of(partition).primaries.length;
        running.answer({ result, answered, asked });
        break;
      }
      case 'elsewhere':
        running.elsewhere();
        break;
      case 'refuse':
        running.refuse(effect.error);
        break;
      case 'count read':
        observer.count('quorate_strong_reads_total', { result: effect.result });
        break;
      case 'count contention':
        observer.count('quorate_strong_contention_total', { reason: effect.reason });
        break;
      case 'count hedges':
        observer.count('quorate_hedges_total', {}, effect.count);
    }
  }

  /**
   * A value has ended only where it is a stub. Where this clock cannot know, the proposer decides,
   * and writes the stub first (K14).
   */
  #mayHaveEnded(record: Siblings | undefined): boolean {
    const { expiryClock } = this.#options;
    const from = expiryClock.stamp() + expiryClock.skewMaxMilliseconds;
    return (record?.versions ?? []).some(
      ({ state, expiresAt }) => state === 'value' && expiresAt !== undefined && expiresAt <= from,
    );
  }

  #execute(operation: StrongRun, { request }: Running): void {
    const { self, proposers, plans, expiryClock, audits } = this.#options;
    const { at, intent, condition, once, deadline, explanation } = request;
    try {
      const { epoch } = plans.of(at.partition);
      const change = intent && changeOf(intent, expiryClock.now(), epoch);
      proposers.submit({ at, change, condition, once, deadline, explanation }, (decided) => {
        audits.decided({ at, intent, once }, decided);
        const handled = handledHere(decided, self, change, once !== undefined);
        operation.dispatch((core) =>
          handled instanceof OperatingError ? core.notExecuted(handled) : core.executed(handled),
        );
      });
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      // Later: the core is still within the step that returned this effect.
      queueMicrotask(() => operation.dispatch((core) => core.notExecuted(error)));
    }
  }

  #propose(
    { node, decide: decides, takeOver: takesOver }: Extract<StrongEffect, { do: 'propose' }>,
    operation: StrongRun,
    running: Running,
  ): void {
    const { peers, known } = this.#options;
    const { partition } = running.request.at;
    peers.propose(node, running.request, { decides, takesOver }, (handled) => {
      if (handled instanceof OperatingError) {
        operation.dispatch((core) => core.notProposed(node, handled));
        return;
      }
      const isHere = handled.is !== 'elsewhere';
      const proposer = handled.is === 'elsewhere' ? handled.proposer : node;
      running.named = proposer === '' || isHere ? undefined : proposer;
      if (proposer !== '') known.named(partition, proposer);
      operation.dispatch((core) => core.proposed(node, handled));
    });
  }

  #inquire(
    { dot, ballot, decided }: LostProposal,
    operation: StrongRun,
    { request }: Running,
  ): void {
    const { outcomes } = this.#options;
    const { at, deadline, intent } = request;
    outcomes.of({ at, dot, ballot, deadline }).then(
      (outcome) => {
        operation.dispatch((core) => {
          if (outcome === 'dead') return core.inquired(undefined);
          if (outcome === 'unknown' || decided === undefined) return core.inquired(unknownError());
          return core.inquired(appliedOf(decided, intent?.seen));
        });
      },
      (error: unknown) => {
        if (!(error instanceof OperatingError)) throw error;
        operation.dispatch((core) => core.inquired(unknownError()));
      },
    );
  }
}

function noProposer(): OperatingError {
  return new OperatingError('wrong_epoch', 'there is no proposer');
}
