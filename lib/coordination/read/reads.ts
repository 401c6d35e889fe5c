/** Gets, and the repairs that follow them: what read-core.ts decides, done (Dynamo 4.5, 5). */
import type { Clock } from '../../environment/clock.js';
import type { Observer } from '../../environment/observer.js';
import type { Random } from '../../environment/random.js';
import type { OperatingError } from '../../errors.js';
import type { ExpiryClock } from '../../persistence/expiry-clock.js';
import { greatestOf } from '../../encoding/extremes.js';
import { encodeRecord } from '../../persistence/records.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import type { Losses } from '../../replica/losses.js';
import type { Hedging } from '../../replication/hedging.js';
import type { Plan, Plans } from '../../replication/plan.js';
import { Quorum } from '../../replication/quorum.js';
import type { PartitionFloor } from '../../versioning/session-token.js';
import { millisecondsOf } from '../../versioning/hybrid-clock.js';
import { liveVersions, type Siblings } from '../../versioning/siblings.js';
import { type Comparison, Comparisons } from './comparisons.js';
import { type AskedDots, askedDots } from './asked-dots.js';
import { ComparisonCore, type ComparisonEffect } from './comparison-core.js';
import type { Engine, Operation } from '../engine/engine.js';
import { attemptsOf, type ConsistencyLevel, parseLevel } from '../request/level.js';
import { Deferred } from '../engine/deferred.js';
import type { Explanation } from '../request/explanation.js';
import { readCoreOf } from './explained-read.js';
import type { ReadCore } from './read-core.js';
import type { Got, ReadCoreOptions, ReadEffect, Repairing } from './read-effects.js';
import type { Replicas } from './replicas.js';
import type { ReadRepair } from '../request/request.js';
import type { Standings } from '../engine/standings.js';

export interface Get {
  readonly at: RecordKey;
  /** The level, then its fallbacks. */
  readonly levels: readonly ConsistencyLevel[];
  /** On the monotonic clock. */
  readonly deadline: number;
  /** What the request says; undefined: by chance. */
  readonly readRepair: ReadRepair | undefined;
  readonly readRepairProbability: number;
  /** What the session of the request has seen of the partition; undefined: it is of none. */
  readonly session: PartitionFloor | undefined;
  /** What a causal write that follows from it leaves with its value. */
  readonly past: Uint8Array | undefined;
  /** Where the request wants to know how its answer came about. */
  readonly explanation?: Explanation | undefined;
}

export interface ReadsOptions {
  readonly plans: Plans;
  readonly engine: Engine;
  readonly replicas: Replicas;
  readonly standings: Standings;
  readonly losses: Losses;
  readonly hedging: Hedging;
  readonly expiryClock: ExpiryClock;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  /** How long a repair may take that nobody waits for. */
  readonly backgroundTimeoutMilliseconds: number;
  /** Such repairs under way at once; beyond them they are left to later reads. */
  readonly backgroundConcurrency: number;
}

/** What a read or a comparison is about. */
interface About {
  readonly at: RecordKey;
  /** On the monotonic clock. */
  readonly deadline: number;
  readonly mode: 'foreground' | 'background';
  /** Was the repair promised? Then a replica that could not be repaired gets a hint. */
  readonly isPromised: boolean;
  /** What replicas are asked whether they have seen it. */
  readonly floor?: AskedDots | undefined;
}

/** One replica is enough, if it has seen all that the session has. */
const COVERING = parseLevel('one', 'read');

export class Reads {
  readonly #options: ReadsOptions;
  readonly #comparisons: Comparisons;
  /** A merge is encoded once, though it is written to several replicas. */
  readonly #records = new WeakMap<Siblings, Uint8Array>();

  constructor(options: ReadsOptions) {
    this.#options = options;
    this.#comparisons = new Comparisons(options.backgroundConcurrency, (comparison, done) => {
      const { clock, backgroundTimeoutMilliseconds } = options;
      const deadline = clock.monotonicMilliseconds() + backgroundTimeoutMilliseconds;
      this.#compare(comparison, deadline, done);
    });
  }

  /**
   * @throws OperatingError `level_not_reached`, `deadline_passed`, `invalid_level`,
   * `session_not_covered`
   */
  get(request: Get): Got | Promise<Got> {
    const { at, levels, readRepair } = request;
    const plan = this.#options.plans.of(at.partition);
    const outcome = new Deferred<Got>();
    const awaitsRepair = readRepair === 'await';
    this.#run(request, { attempts: attemptsOf(levels, plan), awaitsRepair }, plan, {
      answer: (got) => this.#answer(request, plan, got, outcome),
      refuse: (error) => outcome.reject(error),
    });
    return outcome.take();
  }

  /**
   * Brings the own record to hold, or cover, what a session has seen of the key; durably, where it
   * did not.
   * @throws OperatingError as `get`
   */
  cover(request: Pick<Get, 'at' | 'deadline' | 'session' | 'explanation'>): Got | Promise<Got> {
    const plan = this.#options.plans.of(request.at.partition);
    const level = COVERING;
    const repairsTo = new Quorum([{ nodes: [plan.self], required: 1 }]);
    // The floor of the session says what must be there, be it accepted only or superseded.
    const promises = { settlesAcceptances: true, provesMiss: true };
    const attempts = [{ ...plan.under(level), ...promises, level, repairsTo }];
    const outcome = new Deferred<Got>();
    this.#run(request, { attempts, awaitsRepair: false }, plan, {
      answer: (got) => {
        if (got.widened) this.#countWidened('write');
        outcome.resolve(got);
      },
      refuse: (error) => outcome.reject(error),
    });
    return outcome.take();
  }

  #run(
    { at, deadline, session, explanation }: Parameters<Reads['cover']>[0],
    { attempts, awaitsRepair }: Pick<ReadCoreOptions, 'attempts' | 'awaitsRepair'>,
    plan: Plan,
    end: { readonly answer: (got: Got) => void; readonly refuse: (error: OperatingError) => void },
  ): void {
    const { engine, hedging, clock, expiryClock, standings, losses, observer } = this.#options;
    const core = readCoreOf(
      {
        plan,
        attempts,
        awaitsRepair,
        timeoutMilliseconds: deadline - clock.monotonicMilliseconds(),
        patience: (asked, left) => hedging.patience(plan, asked, left),
        isMiss: (merged) => liveVersions(merged, expiryClock.now()).length === 0,
        standing: standings.of(at.partition),
        session: session && { floor: session, markNow: () => losses.markOf(at.partition) },
      },
      explanation,
    );
    const about: About = {
      at,
      deadline,
      mode: 'foreground',
      isPromised: awaitsRepair,
      floor: session && askedDots(session.dots),
    };
    engine.run(core, (effect: ReadEffect, operation: Operation<ReadEffect, ReadCore>) => {
      switch (effect.do) {
        case 'answer':
          end.answer(effect.got);
          break;
        case 'refuse':
          end.refuse(effect.error);
          break;
        case 'ask stand-in':
          this.#askStandIn(effect.node, at, deadline, plan, operation);
          break;
        case 'count begun anew':
          observer.count('quorate_reads_begun_anew_total');
          break;
        case 'count hedges':
          observer.count('quorate_hedges_total', {}, effect.count);
          break;
        default:
          this.#perform(effect, operation, about);
      }
    });
  }

  #countWidened(operation: 'read' | 'write'): void {
    this.#options.observer.count('quorate_session_widened_total', { operation });
  }

  /** A promised comparison that finds no room in the queue runs before the answer. */
  #answer(request: Get, plan: Plan, got: Got, outcome: Deferred<Got>): void {
    const { at, deadline, readRepair } = request;
    if (got.widened) this.#countWidened('read');
    // Those that had not seen what the session has are repaired.
    const isCompared =
      (got.widened && readRepair !== 'none') || this.#isRepairedAfterwards(request);
    if (got.answered === 0 || !isCompared) {
      outcome.resolve(got);
      return;
    }
    request.explanation?.note('compare all afterwards');
    const isPromised = readRepair === 'async';
    const isLater = plan.primaries.length < 2 || this.#comparisons.add({ at, isPromised });
    if (isLater) outcome.resolve(got);
    else this.#compare({ at, isPromised }, deadline, () => outcome.resolve(got));
  }

  #isRepairedAfterwards({ readRepair, readRepairProbability }: Get): boolean {
    if (readRepair === undefined) return this.#options.random.fraction() < readRepairProbability;
    return readRepair === 'async';
  }

  /** `done` is called once, when each replica that lags holds the merge or has failed. */
  #compare({ at, isPromised }: Comparison, deadline: number, done: () => void): void {
    const { plans, engine, clock, standings } = this.#options;
    const [plan, standing] = [plans.of(at.partition), standings.of(at.partition)];
    const timeoutMilliseconds = deadline - clock.monotonicMilliseconds();
    const core = new ComparisonCore({ plan, timeoutMilliseconds, standing, isPromised });
    const about: About = { at, deadline, mode: 'background', isPromised };
    engine.run(
      core,
      (effect: ComparisonEffect, operation: Operation<ComparisonEffect, ComparisonCore>) => {
        if (effect.do === 'done') done();
        else this.#perform(effect, operation, about);
      },
    );
  }

  #perform<Effect, Kind extends Repairing<Effect>>(
    effect: Extract<ReadEffect, { do: 'ask' | 'repair' | 'repair failed' }>,
    operation: Operation<Effect, Kind>,
    { at, deadline, mode, isPromised, floor }: About,
  ): void {
    const { replicas, observer } = this.#options;
    const { node } = effect;
    if (effect.do === 'ask') {
      const { round, want, atLeast } = effect;
      replicas.read(node, { at, want, atLeast, deadline, floor }, (copy, why) => {
        operation.dispatch((core) =>
          copy === undefined ? core.failed(round, node, why) : core.said(round, copy),
        );
      });
    } else if (effect.do === 'repair') {
      const { merged, repair, versionsBehind } = effect;
      observer.count('quorate_read_repairs_total', { mode });
      if (versionsBehind !== undefined) {
        observer.count('quorate_replicas_behind_total', { replica: node });
        const labels = { replica: node };
        observer.count('quorate_replicas_behind_versions_total', labels, versionsBehind);
        observer.measure('quorate_replica_staleness_seconds', this.#ageOf(merged), labels);
      }
      const record = this.#recordOf(at, merged);
      replicas.write(node, { at, record, durability: 'sync', deadline }, (stored, why) => {
        operation.dispatch((core) => core.repaired(repair, node, stored, why));
      });
    } else this.#repairFailed(effect, at, isPromised);
  }

  /** The repair was promised to the client: a replica that could not be repaired gets a hint. */
  #repairFailed(
    { node, merged }: Extract<ReadEffect, { do: 'repair failed' }>,
    at: RecordKey,
    isPromised: boolean,
  ): void {
    const { replicas, plans, observer } = this.#options;
    observer.count('quorate_read_repair_failures_total', { replica: node });
    const { self } = plans.of(at.partition);
    if (!isPromised || node === self) return;
    const record = this.#recordOf(at, merged);
    const hint = { holder: self, target: node, at, record, durability: 'sync' } as const;
    replicas.hold(hint, () => undefined);
  }

  #askStandIn(
    node: string,
    at: RecordKey,
    deadline: number,
    plan: Plan,
    operation: Operation<ReadEffect, ReadCore>,
  ): void {
    const owners = plan.primaries.map((primary) => primary.node);
    this.#options.replicas.held(node, at, owners, deadline, (held) => {
      operation.dispatch((core) => core.standInSaid(node, held));
    });
  }

  /** In seconds, of the newest write of it. */
  #ageOf({ versions }: Siblings): number {
    const newest = greatestOf(versions.map(({ writtenAt }) => millisecondsOf(writtenAt)));
    const age = this.#options.clock.wallMilliseconds() - newest;
    return Number.isFinite(age) ? Math.max(0, age) / 1000 : 0;
  }

  #recordOf(at: RecordKey, merged: Siblings): Uint8Array {
    let record = this.#records.get(merged);
    if (record === undefined) {
      record = encodeRecord(at, merged);
      this.#records.set(merged, record);
    }
    return record;
  }
}
