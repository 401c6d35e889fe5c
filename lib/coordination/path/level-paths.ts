/** Which way a request takes: `strong` is decided by consensus, every other level by counting. */
import type { Clock } from '../../environment/clock.js';
import { OperatingError } from '../../errors.js';
import type { Condition } from '../../consensus/decision.js';
import type { Once } from '../../consensus/once.js';
import type { Siblings } from '../../versioning/siblings.js';
import { dotText } from '../../versioning/dot.js';
import type { BoundedReads } from '../read/bounded-reads.js';
import {
  type ConsistencyLevel,
  endOfShare,
  isStrong,
  parseLevel,
  STRONG,
} from '../request/level.js';
import { appliedBefore } from './once-results.js';
import type { Put, PutResult } from '../request/put-request.js';
import type { Got } from '../read/read-effects.js';
import type { Get, Reads } from '../read/reads.js';
import type { Strong } from '../strong/strong.js';
import type { Writes } from '../write/writes.js';

/** Of a write that takes effect once. */
interface Settling extends Pick<Put, 'at' | 'deadline'> {
  readonly once: Once;
}

/** The condition of a write did not hold on this record: nothing happened. */
export class ConditionUnmet extends OperatingError {
  readonly record: Siblings | undefined;

  constructor(record: Siblings | undefined) {
    super('precondition_failed', 'the key has another value, or another number of them');
    this.record = record;
  }
}

export interface LevelPathsOptions {
  readonly reads: Reads;
  readonly writes: Writes;
  readonly strong: Strong;
  readonly bounded: BoundedReads;
  readonly clock: Clock;
}

const NO_CONDITION: Condition = { is: 'none' };

export class LevelPaths {
  readonly #options: LevelPathsOptions;

  constructor(options: LevelPathsOptions) {
    this.#options = options;
  }

  /** @throws OperatingError as `Reads.get` and `Strong.run` */
  get(request: Get): Got | Promise<Got> {
    const ways = partsOf(request.levels, readWay);
    if (ways.length === 1) return this.#get(request);
    return this.#descend(request, ways, (part) => this.#get(part));
  }

  /** @throws OperatingError as `Writes.put` and `Strong.run`; ConditionUnmet */
  put(put: Put): PutResult | Promise<PutResult> {
    const { writes } = this.#options;
    // A write that takes effect once is always decided by consensus: only that can know if it has.
    if (put.once !== undefined) return this.#putStrong(put);
    if (!put.levels.some(isStrong)) return writes.put(put);
    return this.#descend(put, partsOf(put.levels, writeWay), (part) => {
      return part.levels.some(isStrong) ? this.#putStrong(part) : writes.put(part);
    });
  }

  /** @param request all levels of it go one way */
  #get(request: Get): Got | Promise<Got> {
    const { reads, bounded } = this.#options;
    const [level] = request.levels;
    const way = level === undefined ? 'counting' : readWay(level);
    if (way === 'consensus') return this.#getStrong(request);
    return way === 'proof' ? bounded.get(request) : reads.get(request);
  }

  /** Goes on to the next part only where this one has surely done nothing: else it writes twice. */
  async #descend<Request extends Get | Put, Result>(
    request: Request,
    parts: readonly (readonly ConsistencyLevel[])[],
    run: (request: Request) => Result | Promise<Result>,
  ): Promise<Result> {
    const { clock } = this.#options;
    for (const [i, levels] of parts.entries()) {
      const now = clock.monotonicMilliseconds();
      const deadline = endOfShare(now, request.deadline, parts.length - i);
      try {
        return await run({ ...request, levels, deadline });
      } catch (error) {
        const isLast = i === parts.length - 1;
        if (isLast || !(error instanceof OperatingError) || !mayDescend(request, error)) {
          throw error;
        }
        request.explanation?.note('descend', { because: error.code });
      }
    }
    throw new Error('Invariant broken: a request has a level');
  }

  async #getStrong(get: Get): Promise<Got> {
    const { at, deadline, explanation } = get;
    await this.#meetSession(get);
    const request = { at, intent: undefined, condition: NO_CONDITION, deadline, explanation };
    const { result, answered, asked } = await this.#options.strong.run(request);
    if (result.is !== 'read') throw new Error('Invariant broken: a read writes nothing');
    const held = { atMajority: true, widened: false };
    return { merged: result.record, level: STRONG, answered, asked, standIns: 0, ...held };
  }

  /**
   * What a session has seen may lie on fewer than a majority: a read at quorum covers it, and
   * brings it to a majority, where every strong operation meets it.
   */
  async #meetSession(get: Get): Promise<void> {
    const { session } = get;
    if (session === undefined || (session.dots.size === 0 && session.flag === 'none')) return;
    await this.#options.reads.get({ ...get, levels: [parseLevel('quorum', 'read')] });
  }

  /** Has a write that takes effect once done so? From then on it never does, if it has not. */
  async settle({ at, once, deadline }: Settling): Promise<PutResult | 'ended' | 'forgotten'> {
    const request = { at, once, deadline, intent: undefined, condition: NO_CONDITION };
    const { result, answered, asked } = await this.#options.strong.run(request);
    if (result.is !== 'settled') throw new Error('Invariant broken: it is settled');
    if (result.as !== 'applied') return result.as;
    return appliedBefore(result, once, undefined, { answered, asked });
  }

  async #putStrong(put: Put): Promise<PutResult> {
    const { at, change, seen, deadline, resolving, past, once, explanation } = put;
    await this.#meetSession({ ...put, readRepair: undefined, readRepairProbability: 0 });
    const request = {
      ...{ at, deadline, once, condition: conditionOf(put), explanation },
      intent: { change, seen, resolving: resolving && nameOf(resolving), past },
    };
    const { result, answered, asked } = await this.#options.strong.run(request);
    if (result.is === 'settled' && once !== undefined) {
      return appliedBefore(result, once, seen, { answered, asked });
    }
    if (result.is !== 'applied') {
      if (resolving === undefined) throw new ConditionUnmet(result.record);
      throw new OperatingError('version_changed', 'the siblings were changed meanwhile');
    }
    const { dot, stamp, context, replaced } = result;
    return {
      ...{ version: dotText(dot), writtenAt: stamp, seen: { ...context, stamp } },
      ...{ replaced, beside: [], claim: undefined, level: STRONG, answered, asked, standIns: 0 },
    };
  }
}

/** How a level is reached. */
type Way = 'counting' | 'consensus' | 'proof';

function writeWay(level: ConsistencyLevel): Way {
  return isStrong(level) ? 'consensus' : 'counting';
}

function readWay(level: ConsistencyLevel): Way {
  return level.staleness === undefined ? writeWay(level) : 'proof';
}

/** Levels in a row that are reached by counting are tried together; every other one alone. */
function partsOf(
  levels: readonly ConsistencyLevel[],
  wayOf: (level: ConsistencyLevel) => Way,
): readonly (readonly ConsistencyLevel[])[] {
  const [first, ...others] = levels;
  // Nearly all requests name one level.
  if (first === undefined || others.length === 0) return [levels];
  const parts: ConsistencyLevel[][] = [[first]];
  for (const [i, level] of others.entries()) {
    const before = levels[i] ?? first;
    const isJoined = wayOf(level) === 'counting' && wayOf(before) === 'counting';
    if (isJoined) parts.at(-1)?.push(level);
    else parts.push([level]);
  }
  return parts;
}

function mayDescend(request: Get | Put, { outcome, retryable }: OperatingError): boolean {
  const isRead = !('change' in request);
  return retryable && (isRead || outcome === 'none');
}

/** A resolution stands for these siblings, and for no others. */
function conditionOf({ condition, resolving }: Put): Condition {
  if (resolving === undefined) return condition ?? NO_CONDITION;
  const values = resolving.dropped.map(({ version }) => `${version};`).join('');
  return { is: 'match', values: [values] };
}

function nameOf({ strategy, by }: NonNullable<Put['resolving']>) {
  return { strategy, by };
}
