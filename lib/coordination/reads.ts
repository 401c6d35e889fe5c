/** Gets, and the repairs that follow them: what read-core.ts decides, done (Dynamo 4.5, 5). */
import type { Clock } from '../environment/clock.js';
import type { Observer } from '../environment/observer.js';
import type { Random } from '../environment/random.js';
import type { ExpiryClock } from '../persistence/expiry-clock.js';
import { greatestOf } from '../encoding/extremes.js';
import { encodeRecord } from '../persistence/records.js';
import type { RecordKey } from '../persistence/keyspace.js';
import type { Hedging } from '../replication/hedging.js';
import type { Plan, Plans } from '../replication/plan.js';
import { millisecondsOf } from '../versioning/hybrid-clock.js';
import type { Siblings } from '../versioning/siblings.js';
import { liveVersions } from '../versioning/siblings.js';
import { ComparisonCore, type ComparisonEffect } from './comparison-core.js';
import type { Core, Engine, Operation } from './engine.js';
import { attemptsOf, type ConsistencyLevel } from './level.js';
import { Deferred } from './deferred.js';
import { type Got, ReadCore, type ReadEffect } from './read-core.js';
import type { Copy } from './read-round.js';
import type { Replicas } from './replicas.js';
import type { ReadRepair } from './request.js';
import type { StoredRepair } from './repair-core.js';
import type { Standings } from './standings.js';

export interface Get {
  readonly at: RecordKey;
  /** The level, then its fallbacks. */
  readonly levels: readonly ConsistencyLevel[];
  /** On the monotonic clock. */
  readonly deadline: number;
  /** What the request says; undefined: by chance. */
  readonly readRepair: ReadRepair | undefined;
  readonly readRepairProbability: number;
}

export interface ReadsOptions {
  readonly plans: Plans;
  readonly engine: Engine;
  readonly replicas: Replicas;
  readonly standings: Standings;
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

/** A course that asks replicas and repairs them. */
interface Repairing<Effect> extends Core<Effect> {
  said(round: number, copy: Copy): readonly Effect[];
  failed(round: number, node: string): readonly Effect[];
  repaired(repair: number, node: string, stored: StoredRepair | undefined): readonly Effect[];
}

/** What a course is about. */
interface About {
  readonly at: RecordKey;
  /** On the monotonic clock. */
  readonly deadline: number;
  readonly mode: 'foreground' | 'background';
  /** Was the repair promised? Then a replica that could not be repaired gets a hint. */
  readonly isPromised: boolean;
}

interface Comparison {
  readonly at: RecordKey;
  readonly isPromised: boolean;
}

/** Comparisons that wait: each keeps a key. */
const WAITING_MAX = 1000;

export class Reads {
  readonly #options: ReadsOptions;
  #comparing = 0;
  readonly #waiting: Comparison[] = [];
  /** A merge is encoded once, though it is written to several replicas. */
  readonly #records = new WeakMap<Siblings, Uint8Array>();

  constructor(options: ReadsOptions) {
    this.#options = options;
  }

  /** @throws OperatingError `level_not_reached`, `deadline_passed`, `invalid_level` */
  get(request: Get): Got | Promise<Got> {
    const { plans, engine, hedging, clock, expiryClock, standings } = this.#options;
    const { at, levels, deadline, readRepair } = request;
    const plan = plans.of(at.partition);
    const core = new ReadCore({
      plan,
      attempts: attemptsOf(levels, plan),
      timeoutMilliseconds: deadline - clock.monotonicMilliseconds(),
      patience: (asked, left) => hedging.patience(plan, asked, left),
      isMiss: (merged) => liveVersions(merged, expiryClock.now()).length === 0,
      awaitsRepair: readRepair === 'await',
      standing: standings.of(at.partition),
    });
    const about: About = {
      at,
      deadline,
      mode: 'foreground',
      isPromised: readRepair === 'await',
    };
    const outcome = new Deferred<Got>();
    engine.run(core, (effect: ReadEffect, operation: Operation<ReadEffect, ReadCore>) => {
      switch (effect.do) {
        case 'answer':
          this.#answer(request, plan, effect.got, outcome);
          break;
        case 'refuse':
          outcome.reject(effect.error);
          break;
        case 'ask stand-in':
          this.#askStandIn(effect.node, at, deadline, plan, operation);
          break;
        case 'count begun anew':
          this.#options.observer.count('quorate_reads_begun_anew_total');
          break;
        case 'count hedges':
          this.#options.observer.count('quorate_hedges_total', {}, effect.count);
          break;
        default:
          this.#perform(effect, operation, about);
      }
    });
    return outcome.take();
  }

  /** What was promised and finds no room to wait is done now: the reader pays, nothing is lost. */
  #answer(request: Get, plan: Plan, got: Got, outcome: Deferred<Got>): void {
    const { at, deadline, readRepair } = request;
    if (got.answered === 0 || !this.#isRepairedAfterwards(request)) {
      outcome.resolve(got);
      return;
    }
    const isPromised = readRepair === 'async';
    if (this.#compareLater({ at, isPromised }, plan)) outcome.resolve(got);
    else this.#compare({ at, isPromised }, deadline, () => outcome.resolve(got));
  }

  #isRepairedAfterwards({ readRepair, readRepairProbability }: Get): boolean {
    if (readRepair === undefined) return this.#options.random.fraction() < readRepairProbability;
    return readRepair === 'async';
  }

  /** False where as many comparisons wait already as may, and this one was promised. */
  #compareLater(comparison: Comparison, plan: Plan): boolean {
    if (plan.primaries.length < 2) return true;
    if (this.#comparing < this.#options.backgroundConcurrency) {
      this.#beginComparison(comparison);
      return true;
    }
    if (!comparison.isPromised) return true;
    if (this.#waiting.length >= WAITING_MAX) return false;
    this.#waiting.push(comparison);
    return true;
  }

  #beginComparison(comparison: Comparison): void {
    const { clock, backgroundTimeoutMilliseconds } = this.#options;
    this.#comparing += 1;
    const deadline = clock.monotonicMilliseconds() + backgroundTimeoutMilliseconds;
    this.#compare(comparison, deadline, () => {
      this.#comparing -= 1;
      const next = this.#waiting.shift();
      if (next !== undefined) this.#beginComparison(next);
    });
  }

  /** `done` is called once, when each replica that lags holds the merge or has failed. */
  #compare({ at, isPromised }: Comparison, deadline: number, done: () => void): void {
    const { plans, engine, clock, standings } = this.#options;
    const { partition } = at;
    const timeout = deadline - clock.monotonicMilliseconds();
    const core = new ComparisonCore(plans.of(partition), timeout, standings.of(partition));
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
    { at, deadline, mode, isPromised }: About,
  ): void {
    const { replicas, observer } = this.#options;
    const { node } = effect;
    if (effect.do === 'ask') {
      const { round, want, durable } = effect;
      replicas.read(node, { at, want, durable, deadline }, (copy) => {
        operation.dispatch((core) =>
          copy === undefined ? core.failed(round, node) : core.said(round, copy),
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
      replicas.write(node, { at, record, durability: 'sync', deadline }, (stored) => {
        operation.dispatch((core) => core.repaired(repair, node, stored));
      });
    } else this.#repairFailed(effect, at, isPromised);
  }

  /** Whoever asked for the repair has been told, or will be: what failed must not be forgotten. */
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
