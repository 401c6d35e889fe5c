/**
 * Writes that are applied once, however often they are sent, through whichever nodes
 * (`Idempotency-Key`; docs/idempotency.md).
 *
 * Of each there is a record under its id, changed by compare-and-set at `strong`: absent, begun,
 * done. *Begun* fixes the dots under which the write takes effect; so whoever meets it carries it
 * on, and proposes the same write again (K20). *Done* has the answer. The first one that is stored
 * is the answer of all attempts, and nobody is answered before it is stored.
 */
import type { Condition } from '../../consensus/decision.js';
import type { Once } from '../../consensus/once.js';
import type { Clock } from '../../environment/clock.js';
import { OperatingError } from '../../errors.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { ExpiryClock } from '../../persistence/expiry-clock.js';
import { recordKey } from '../../persistence/keyspace.js';
import { notReady } from '../request/addressing.js';
import type { Contexts } from '../request/contexts.js';
import type { OnceEnding, OperationDots } from './operation-dots.js';
import type { BegunOperation, OpenOperation, OperationAnswer } from './operation-record.js';
import type { OperationSessions } from './operation-sessions.js';
import { type Met, type OperationRecords, unknown } from './operation-records.js';
import { isUnderWay } from './under-way.js';
import type { LevelPaths } from '../path/level-paths.js';
import type {
  BatchRequest,
  OperationCourse,
  OperationOutcome,
  OperationReport,
  OperationRequest,
  OperationsControl,
} from './operation-request.js';
import type { PutResult } from '../request/put-request.js';
import type { PutAnswer } from '../request/request.js';

export interface OperationsOptions {
  readonly records: OperationRecords;
  readonly dots: OperationDots;
  readonly sessions: OperationSessions;
  readonly paths: Pick<LevelPaths, 'settle'>;
  readonly contexts: Contexts;
  readonly ownership: Ownership;
  readonly clock: Clock;
  /** Dates what other nodes judge. */
  readonly expiryClock: ExpiryClock;
  readonly isReady: () => boolean;
  readonly timeoutDefaultMilliseconds: number;
  readonly timeoutMaxMilliseconds: number;
}

/** A record that says begun. */
interface Begun extends Met {
  readonly record: BegunOperation;
}

/** A record that an answer can follow. */
interface Open extends Met {
  readonly record: OpenOperation;
}

const ABSENT: Condition = { is: 'absent' };
/** Of the time that is left: the answer must still be stored. */
const SHARE_OF_THE_WRITE = 0.75;

export class Operations implements OperationsControl {
  readonly #options: OperationsOptions;

  constructor(options: OperationsOptions) {
    this.#options = options;
  }

  async run(request: OperationRequest, course: OperationCourse): Promise<OperationOutcome> {
    const { ownership, clock, expiryClock, dots } = this.#options;
    const deadline = this.#deadline(request.timeoutMilliseconds);
    const { id, payload, namespace, key } = request;
    const taken = dots.take(recordKey(namespace, key, ownership.partitionCount));
    const mark = this.#options.sessions.markOf(request);
    let ending: OnceEnding = 'unknown';
    try {
      const until = expiryClock.stamp() + deadline - clock.monotonicMilliseconds();
      const fresh = { v: 2, state: 'begun', payload, namespace, key, until } as const;
      const met = await this.#begin(id, { ...fresh, once: taken.once }, deadline);
      const isOwn = met.record.state === 'begun' && isSame(met.record.once, taken.once);
      if (isOwn) taken.begun();
      else ending = 'unused';
      if (met.record.payload !== payload) throw reused(id);
      if (met.record.state === 'batch') throw reused(id);
      if (met.record.state === 'lapsed') throw endedUnapplied();
      const { record } = met;
      if (record.state === 'done') return this.#outcome(request, record.answer, undefined, record);
      const begun = { ...met, record };
      const answer = await this.#carryOn(request, begun, course, deadline);
      if (isOwn) ending = 'settled';
      return this.#outcome(request, answer, isOwn ? mark : undefined, record);
    } catch (error) {
      if (isRefusedBefore(error) && ending === 'unknown') ending = 'unused';
      throw error;
    } finally {
      taken.ended(ending);
    }
  }

  /** What was begun, and has lapsed, begins anew; but not what was begun in a former namespace. */
  async #begin(id: string, fresh: BegunOperation, deadline: number): Promise<Met> {
    const { records } = this.#options;
    const met = await records.store(id, fresh, ABSENT, deadline);
    const { state, payload, namespace } = met.record;
    const isAlike = payload === fresh.payload && namespace === fresh.namespace;
    if (state !== 'lapsed' || !isAlike) return met;
    return records.store(id, fresh, met.unchanged, deadline);
  }

  /**
   * With a token that has the write in it, for this attempt alone.
   * @param mark of before it was begun; undefined: another attempt has begun it, perhaps before any
   * loss that is known now
   */
  #outcome(
    { asked, namespace }: OperationRequest,
    answer: OperationAnswer,
    mark: number | undefined,
    record: Pick<OperationRequest, 'namespace' | 'key'>,
  ): OperationOutcome {
    const { version } = answer;
    const isAgain = mark === undefined;
    if (version === undefined) return { answer, isAgain, session: undefined };
    // The keys of a namespace that was deleted since are gone: no later answer can lack the write.
    const isThere = record.namespace === namespace;
    const { sessions } = this.#options;
    const session = isThere ? sessions.after(asked, record, version, mark ?? 0) : asked.session;
    return { answer, isAgain, session };
  }

  async bind(request: BatchRequest, writes: readonly number[]): Promise<void> {
    const { id, payload } = request;
    const { records } = this.#options;
    const deadline = this.#deadline(request.timeoutMilliseconds);
    const none = { namespace: '', key: '' };
    const batch = { v: 2, state: 'batch', payload, ...none } as const;
    const fresh = { ...batch, writes: [...writes] };
    const { record } = await records.store(id, fresh, ABSENT, deadline);
    if (record.payload !== payload || record.state !== 'batch') throw reused(id);
  }

  async look(
    id: string,
    timeoutMilliseconds: number | undefined,
    courseOf: (at: { readonly namespace: string; readonly key: string }) => OperationCourse,
  ): Promise<OperationReport | undefined> {
    const { records } = this.#options;
    const deadline = this.#deadline(timeoutMilliseconds);
    const met = await records.read(id, deadline);
    if (met === undefined) return undefined;
    const { record } = met;
    if (record.state === 'batch') return { status: 'batch', writes: record.writes };
    const { namespace, key } = record;
    if (record.state === 'done') return reportOf(record.answer, namespace, key);
    const course = courseOf(record);
    if (record.state === 'lapsed') {
      // From now on it is known that it was never applied: it does not begin anew.
      const refusal = course.refused(endedUnapplied());
      return reportOf(
        await this.#finish(id, { ...met, record }, refusal, deadline),
        namespace,
        key,
      );
    }
    // Whoever began it may be at it, and is not disturbed.
    if (isUnderWay(record, this.#options)) return { status: 'pending', namespace, key };
    const answer = await this.#conclude(id, { ...met, record }, course, endedUnapplied(), deadline);
    return reportOf(answer, namespace, key);
  }

  /** Writes, or finds what was written, and stores what is answered. */
  async #carryOn(
    { id }: OperationRequest,
    begun: Begun,
    course: OperationCourse,
    deadline: number,
  ): Promise<OperationAnswer> {
    const { clock } = this.#options;
    const left = deadline - clock.monotonicMilliseconds();
    let answer: OperationAnswer;
    try {
      if (left <= 0) throw late();
      const { once, namespace } = begun.record;
      answer = await course.perform(once, namespace, left * SHARE_OF_THE_WRITE);
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      if (!isFinal(error)) throw unknown(error, id);
      return this.#conclude(id, begun, course, error, deadline);
    }
    return this.#finish(id, begun, answer, deadline);
  }

  /**
   * It is refused: once it has surely not taken effect, and cannot any more. Another attempt may
   * have been quicker.
   */
  async #conclude(
    id: string,
    begun: Begun,
    course: OperationCourse,
    refusal: OperatingError,
    deadline: number,
  ): Promise<OperationAnswer> {
    const { paths, ownership } = this.#options;
    const { namespace, key, once } = begun.record;
    const at = recordKey(namespace, key, ownership.partitionCount);
    try {
      const settled = await paths.settle({ at, once, deadline });
      if (settled === 'forgotten') throw forgotten();
      const answer =
        settled === 'ended'
          ? course.refused(refusal)
          : course.written(this.#written(begun.record, settled));
      return await this.#finish(id, begun, answer, deadline);
    } catch (error) {
      throw error instanceof OperatingError ? unknown(error, id) : error;
    }
  }

  #written({ namespace, key }: BegunOperation, result: PutResult): PutAnswer {
    const { version, replaced, beside, level, answered, asked, standIns, seen } = result;
    return {
      ...{ version, replaced, beside },
      context: this.#options.contexts.ofWrite({ namespace, key }, seen),
      receipt: { level, answered, asked, standIns, durability: 'sync' },
    };
  }

  /** The first answer that is stored is that of all attempts. */
  async #finish(
    id: string,
    begun: Open,
    answer: OperationAnswer,
    deadline: number,
  ): Promise<OperationAnswer> {
    const { records } = this.#options;
    const { payload, namespace, key } = begun.record;
    const done = { v: 2, state: 'done', payload, namespace, key, answer } as const;
    try {
      const { record } = await records.store(id, done, begun.unchanged, deadline);
      if (record.state === 'done') return record.answer;
      // It lapsed under this attempt: the next one begins anew.
      if (record.state === 'lapsed') throw late();
    } catch (error) {
      throw error instanceof OperatingError ? unknown(error, id) : error;
    }
    throw unknown(forgotten(), id);
  }

  /** @throws OperatingError `not_ready` */
  #deadline(timeoutMilliseconds: number | undefined): number {
    const { clock, isReady, timeoutDefaultMilliseconds } = this.#options;
    if (!isReady()) throw notReady();
    return clock.monotonicMilliseconds() + (timeoutMilliseconds ?? timeoutDefaultMilliseconds);
  }
}

function reportOf(answer: OperationAnswer, namespace: string, key: string): OperationReport {
  return { status: answer.version !== undefined ? 'done' : 'none', namespace, key, answer };
}

function isSame(a: Once, b: Once): boolean {
  return a.dot.writer === b.dot.writer && a.dot.n === b.dot.n;
}

/** Never to be answered otherwise: it is refused for what it asks for, or for what it met. */
function isFinal({ retryable, outcome }: OperatingError): boolean {
  return !retryable && outcome === 'none';
}

/** Nothing was stored under the id. */
function isRefusedBefore(error: unknown): boolean {
  return error instanceof OperatingError && error.outcome === 'none';
}

function reused(id: string): OperatingError {
  const message = 'this Idempotency-Key stands for another request';
  return new OperatingError('idempotency_key_reused', message, { details: { operation: id } });
}

export function endedUnapplied(): OperatingError {
  return new OperatingError('operation_ended', 'it was never applied, and is ended now');
}

function late(): OperatingError {
  return new OperatingError('deadline_passed', 'the operation came no further in time');
}

function forgotten(): OperatingError {
  return new OperatingError('outcome_unknown', 'what became of it is not remembered any more');
}
