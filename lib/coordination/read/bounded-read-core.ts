/**
 * The course of a read whose age is bounded: this replica alone, where it can prove that it is no
 * older; else all owners, whose merge is as new as the question; else a refusal
 * (docs/architecture.md, B1 to B5). Pure: see engine.ts.
 */
import type { NodeId } from '../../environment/transport.js';
import type { OperatingError } from '../../errors.js';
import type { RenderingPlace } from '../../persistence/record-table.js';
import type { Plan } from '../../replication/plan.js';
import { ageOf, hasStoodStill, type ProofMoment } from '../../staleness/moment.js';
import type { Scope } from '../../staleness/proofs.js';
import type { Siblings } from '../../versioning/siblings.js';
import { type Core, NOTHING } from '../engine/engine.js';
import type { StalenessBound, StalenessDemand } from '../request/staleness-demand.js';

/** Why a read has asked more than the nearest replica. */
export type Widening =
  /** What is proven is older than allowed, or nothing is. */
  | 'too old'
  /** The own record cannot be read, or has not seen what the session has. */
  | 'not covered'
  /** The own record was not synced in time. */
  | 'slow disk'
  /** The nearest replica, on another node, could not prove it, failed, or was slow. */
  | 'near replica'
  /** The request asks for a comparison of the replicas. */
  | 'read repair';

export interface NearCopy {
  readonly merged: Siblings | undefined;
  readonly place?: RenderingPlace | undefined;
}

export type BoundedReadEffect =
  /** Read the own record: answered by `ownRead`, or `ownFailed`. */
  | { readonly do: 'read own' }
  /** Ask this replica what it holds, and how old that can be. */
  | { readonly do: 'ask near'; readonly node: NodeId }
  /** Ask the owners: all of them, then a majority. */
  | {
      readonly do: 'widen';
      readonly why: Widening;
      readonly levels: readonly Scope[];
    }
  | {
      readonly do: 'answer alone';
      readonly copy: NearCopy;
      readonly bound: StalenessBound;
    }
  | { readonly do: 'answer widely'; readonly bound: StalenessBound }
  | { readonly do: 'refuse'; readonly error: OperatingError };

export interface BoundedReadOptions {
  readonly plan: Plan;
  readonly demand: StalenessDemand;
  /** When the request came. */
  readonly arrived: ProofMoment;
  /** When this replica held all that was acknowledged by then. */
  readonly provenAt: (scope: Scope) => ProofMoment | undefined;
  /** Does the request ask for a comparison of the replicas? */
  readonly asksRepair: boolean;
  /** Is it of a session? Then no other node than this is asked alone. */
  readonly isOfSession: boolean;
  /** Is an owner so slow that it may be away? */
  readonly isAnySuspect: boolean;
  /** How long to wait for the nearest replica: this one, where its disk is slow, or another. */
  readonly patienceMilliseconds: number;
}

type Stage = 'reading own' | 'asking near' | 'widening' | 'over';

const NEVER = Number.POSITIVE_INFINITY;
/** By this part of the allowed age the wall clock and the monotonic clock may disagree. */
const DISAGREEMENT_MAX = 1 / 4;

/** Which bound does a replica prove, if one that is good enough? */
export function boundWithin(
  { maxMilliseconds, scope: wanted }: StalenessDemand,
  provenAt: (scope: Scope) => ProofMoment | undefined,
  now: ProofMoment,
): StalenessBound | undefined {
  const scopes: readonly Scope[] = wanted === 'any' ? ['all', 'quorum'] : [wanted];
  for (const scope of scopes) {
    const proven = provenAt(scope);
    if (proven === undefined) continue;
    if (hasStoodStill(proven, now, maxMilliseconds * DISAGREEMENT_MAX)) continue;
    const age = ageOf(proven, now);
    if (age <= maxMilliseconds) return { age, scope };
  }
  return undefined;
}

export class BoundedReadCore implements Core<BoundedReadEffect> {
  readonly #options: BoundedReadOptions;
  #stage: Stage = 'reading own';
  #bound: StalenessBound | undefined;
  now = 0;

  constructor(options: BoundedReadOptions) {
    this.#options = options;
  }

  get isDone(): boolean {
    return this.#stage === 'over';
  }

  get wakesAt(): number {
    const isWaiting = this.#stage === 'asking near' || this.#stage === 'reading own';
    return isWaiting ? this.#options.patienceMilliseconds : NEVER;
  }

  begin(): readonly BoundedReadEffect[] {
    const { plan, demand, provenAt, arrived, asksRepair, isOfSession } = this.#options;
    if (asksRepair) return this.#widen('read repair');
    if (plan.isPrimary) {
      this.#bound = boundWithin(demand, provenAt, arrived);
      return this.#bound === undefined ? this.#widen('too old') : [{ do: 'read own' }];
    }
    // Only who owns a key alone can prove an age of nothing.
    if (demand.maxMilliseconds <= 0) return this.#widen('too old');
    const [near] = plan.order;
    if (near === undefined || isOfSession) return this.#widen('near replica');
    this.#stage = 'asking near';
    return [{ do: 'ask near', node: near }];
  }

  ownRead(copy: NearCopy): readonly BoundedReadEffect[] {
    if (this.#stage !== 'reading own' || this.#bound === undefined) return NOTHING;
    return this.#end({ do: 'answer alone', copy, bound: this.#bound });
  }

  /** @param _why undefined: the own replica may lack what the session has seen */
  ownFailed(_why: OperatingError | undefined): readonly BoundedReadEffect[] {
    return this.#stage === 'reading own' ? this.#widen('not covered') : NOTHING;
  }

  /** @param bound as the replica proved it when it was asked; undefined: it could not */
  nearSaid(copy: NearCopy, bound: StalenessBound | undefined): readonly BoundedReadEffect[] {
    if (this.#stage !== 'asking near') return NOTHING;
    if (bound === undefined) return this.#widen('near replica');
    return this.#end({ do: 'answer alone', copy, bound });
  }

  nearFailed(_why: OperatingError): readonly BoundedReadEffect[] {
    return this.#stage === 'asking near' ? this.#widen('near replica') : NOTHING;
  }

  elapsed(): readonly BoundedReadEffect[] {
    if (this.#stage === 'reading own') return this.#widen('slow disk');
    return this.#stage === 'asking near' ? this.#widen('near replica') : NOTHING;
  }

  /**
   * All that these primaries hold was merged, and they were asked after the request had come: it
   * shows all that had been acknowledged by then.
   */
  widened(answered: number, asked: number): readonly BoundedReadEffect[] {
    const scope = answered === asked ? 'all' : 'quorum';
    return this.#end({ do: 'answer widely', bound: { age: 0, scope } });
  }

  /** Too few owners have answered. */
  notWidened(error: OperatingError): readonly BoundedReadEffect[] {
    return this.#end({ do: 'refuse', error });
  }

  #widen(why: Widening): readonly BoundedReadEffect[] {
    const { demand, plan, isAnySuspect } = this.#options;
    this.#stage = 'widening';
    const isAnyAway = plan.absent.length > 0 || isAnySuspect;
    const levels: Scope[] = demand.scope === 'all' || !isAnyAway ? ['all'] : [];
    if (demand.scope !== 'all') levels.push('quorum');
    return [{ do: 'widen', why, levels }];
  }

  #end(effect: BoundedReadEffect): readonly BoundedReadEffect[] {
    this.#stage = 'over';
    return [effect];
  }
}
