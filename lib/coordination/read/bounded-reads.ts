/** Reads whose age is bounded: what bounded-read-core.ts decides, done (docs/consistency.md). */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import { messageOf, OperatingError } from '../../errors.js';
import type { Ownership } from '../../partitioning/ownership.js';
import { recordKey } from '../../persistence/keyspace.js';
import { decodeRecord } from '../../persistence/records.js';
import type { Replica } from '../../replica/replica.js';
import type { ClusterView } from '../../replication/cluster-view.js';
import type { Hedging } from '../../replication/hedging.js';
import type { Plan, Plans } from '../../replication/plan.js';
import type { Messenger } from '../../rpc/messenger.js';
import type { StalenessFeed } from '../../staleness/feed.js';
import type { Scope } from '../../staleness/proofs.js';
import {
  type BoundedReadCore,
  type BoundedReadEffect,
  boundWithin,
  type NearCopy,
} from './bounded-read-core.js';
import { Deferred } from '../engine/deferred.js';
import { boundedCoreOf } from './explained-bounded.js';
import type { Engine, Operation } from '../engine/engine.js';
import { BOUNDED, WIDE_READS } from '../request/level.js';
import { NEAR } from '../wire/near-layout.js';
import type { Got } from './read-effects.js';
import type { Get, Reads } from './reads.js';
import {
  STALENESS_BY_DEFAULT,
  type StalenessBound,
  type StalenessDemand,
} from '../request/staleness-demand.js';

export interface BoundedReadsOptions {
  readonly plans: Plans;
  readonly engine: Engine;
  readonly reads: Reads;
  readonly feed: Pick<StalenessFeed, 'want' | 'now' | 'provenAt'>;
  readonly replica: Replica;
  readonly ownership: Pick<Ownership, 'partitionCount' | 'assertOwns'>;
  readonly view: Pick<ClusterView, 'self' | 'isSuspect'>;
  readonly hedging: Hedging;
  readonly messenger: Messenger;
  readonly clock: Clock;
  readonly observer: Observer;
}

type BoundedRead = Operation<BoundedReadEffect, BoundedReadCore>;

export class BoundedReads {
  readonly #options: BoundedReadsOptions;

  constructor(options: BoundedReadsOptions) {
    this.#options = options;
  }

  /**
   * @param request of this level alone
   * @throws OperatingError `level_not_reached`, `deadline_passed`, `session_not_covered`
   */
  get(request: Get): Got | Promise<Got> {
    const { plans, engine, feed, hedging, view } = this.#options;
    const { at, deadline, readRepair, session } = request;
    const demand = request.levels[0]?.staleness ?? STALENESS_BY_DEFAULT;
    const plan = plans.of(at.partition);
    const arrived = feed.now();
    feed.want(demand.maxMilliseconds, arrived.at);
    const core = boundedCoreOf(
      {
        ...{ plan, demand, arrived },
        provenAt: (scope) => feed.provenAt(at.partition, scope, arrived),
        asksRepair: readRepair === 'await' || readRepair === 'async',
        isOfSession: session !== undefined,
        isAnySuspect: plan.primaries.some(({ node }) => view.isSuspect(node)),
        patienceMilliseconds: patienceOf(hedging, plan, deadline - arrived.at),
      },
      view.self,
      request.explanation,
    );
    const outcome = new Deferred<Got>();
    let wide: Got | undefined;
    engine.run(core, (effect: BoundedReadEffect, operation: BoundedRead) => {
      switch (effect.do) {
        case 'read own':
          this.#readOwn(request, operation);
          break;
        case 'ask near':
          this.#askNear(effect.node, request, demand, operation);
          break;
        case 'widen':
          this.#count('widened', effect.why);
          this.#widen(request, effect.levels, operation, (got) => {
            wide = got;
          });
          break;
        case 'answer alone':
          this.#note('near', effect.bound);
          outcome.resolve(gotAlone(effect.copy, effect.bound, plan));
          break;
        case 'answer widely':
          this.#note('wide', effect.bound);
          if (wide !== undefined) {
            outcome.resolve({ ...wide, level: BOUNDED, bound: effect.bound });
          }
          break;
        case 'refuse':
          this.#count('refused', effect.error.code);
          outcome.reject(refusalFor(effect.error, demand));
          break;
      }
    });
    return outcome.take();
  }

  /** Registers what this node does for coordinators elsewhere. Called once. */
  serve(messenger: Messenger): void {
    const { feed, replica, ownership, view } = this.#options;
    messenger.handle(NEAR, ({ namespace, key, maxMilliseconds, scope }) => {
      const at = recordKey(namespace, key, ownership.partitionCount);
      ownership.assertOwns(view.self, at.partition);
      const now = feed.now();
      const demand = { maxMilliseconds, scope };
      feed.want(maxMilliseconds, now.at);
      const proven = (of: Scope) => feed.provenAt(at.partition, of, now);
      const bound = boundWithin(demand, proven, now);
      return { bound, record: bound && replica.read(at)?.bytes };
    });
  }

  /** What a session takes note of is synced first, and what it has seen must be there. */
  #readOwn({ at, session }: Get, operation: BoundedRead): void {
    const { replica, observer } = this.#options;
    const failed = (error: unknown): void => {
      if (!(error instanceof OperatingError)) throw error;
      observer.log('debug', 'an own record could not be read', { reason: messageOf(error) });
      operation.dispatch((core) => core.ownFailed(error));
    };
    let copy: NearCopy;
    let wait: Promise<void> | undefined;
    try {
      const record = replica.read(at);
      copy = { merged: record?.siblings, place: record };
      if (session !== undefined) {
        const isCovered = replica.unseen(at, record, session.dots).size === 0;
        if (!isCovered || session.flag !== 'none') {
          operation.dispatch((core) => core.ownFailed(undefined));
          return;
        }
        wait = replica.whenDurable(at);
      }
    } catch (error) {
      failed(error);
      return;
    }
    const finish = (): void => operation.dispatch((core) => core.ownRead(copy));
    if (wait === undefined) finish();
    else wait.then(finish, failed);
  }

  #askNear(
    node: string,
    { at, deadline }: Get,
    demand: StalenessDemand,
    operation: BoundedRead,
  ): void {
    const { messenger, observer, hedging, clock } = this.#options;
    const { namespace, key } = at;
    const since = clock.monotonicMilliseconds();
    messenger.ask(node, NEAR, { namespace, key, ...demand }, deadline, (answer) => {
      if (!answer.ok) {
        operation.dispatch((core) => core.nearFailed(answer.error));
        return;
      }
      hedging.note(node, since);
      const { record, bound } = answer.reply;
      try {
        const merged = record && decodeRecord(at, record);
        operation.dispatch((core) => core.nearSaid({ merged }, bound));
      } catch (error) {
        if (!(error instanceof OperatingError)) throw error;
        observer.log('warn', 'a replica sent a record that cannot be read', { node });
        operation.dispatch((core) => core.nearFailed(error));
      }
    });
  }

  #widen(
    request: Get,
    scopes: readonly Scope[],
    operation: BoundedRead,
    keep: (got: Got) => void,
  ): void {
    const widened = (got: Got): void => {
      keep(got);
      operation.dispatch((core) => core.widened(got.answered, got.asked));
    };
    const failed = (error: unknown): void => {
      if (!(error instanceof OperatingError)) throw error;
      operation.dispatch((core) => core.notWidened(error));
    };
    try {
      const levels = scopes.map((scope) => WIDE_READS[scope]);
      const got = this.#options.reads.get({ ...request, levels });
      if (got instanceof Promise) got.then(widened, failed);
      else widened(got);
    } catch (error) {
      failed(error);
    }
  }

  #note(result: 'near' | 'wide', { age, scope }: StalenessBound): void {
    const { observer } = this.#options;
    this.#count(result, scope);
    observer.measure('quorate_staleness_bound_seconds', age / 1000, { scope });
  }

  #count(result: string, reason: string): void {
    this.#options.observer.count('quorate_bounded_reads_total', { result, reason });
  }
}

/** For one replica: asking the others takes time, too. */
function patienceOf(hedging: Hedging, plan: Plan, left: number): number {
  return Math.min(left / 2, hedging.patience(plan, plan.order.slice(0, 1), left));
}

function gotAlone({ merged, place }: NearCopy, bound: StalenessBound, plan: Plan): Got {
  return {
    ...{ merged, place, bound, level: BOUNDED, answered: 1, asked: plan.primaries.length },
    ...{ standIns: 0, atMajority: false, widened: false },
  };
}

/** With what was asked for: whoever reads it can ask for less. */
function refusalFor(error: OperatingError, demand: StalenessDemand): OperatingError {
  const { code, message, outcome, details } = error;
  if (code !== 'level_not_reached') return error;
  const asked = { max_ms: demand.maxMilliseconds, scope: demand.scope };
  return new OperatingError(code, message, { outcome, details: { ...details, ...asked } });
}
