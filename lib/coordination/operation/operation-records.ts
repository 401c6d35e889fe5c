/** The records of operations: one a key of their own namespace, changed by compare-and-set. */
import { type Condition, valuesText } from '../../consensus/decision.js';
import type { Clock } from '../../environment/clock.js';
import { pauseFor } from '../../environment/pauses.js';
import { OperatingError } from '../../errors.js';
import { OPERATIONS_NAMESPACE } from '../../partitioning/namespace.js';
import type { Ownership } from '../../partitioning/ownership.js';
import type { ExpiryClock } from '../../persistence/expiry-clock.js';
import { type RecordKey, recordKey } from '../../persistence/keyspace.js';
import { clockNotSane } from '../../replica/intent.js';
import { dotText } from '../../versioning/dot.js';
import type { Siblings } from '../../versioning/siblings.js';
import {
  decodeOperation,
  encodeOperation,
  type OperationRecord,
  RECORD_TYPE,
} from './operation-record.js';
import type { Strong } from '../strong/strong.js';

export interface OperationRecordsOptions {
  readonly strong: Pick<Strong, 'run'>;
  readonly ownership: Ownership;
  readonly clock: Clock;
  readonly expiryClock: ExpiryClock;
  readonly operationRetentionMilliseconds: number;
}

export /** A record, and the condition under which it is still the same. */
interface Met {
  readonly record: OperationRecord;
  readonly unchanged: Condition;
}

const ANY: Condition = { is: 'none' };
const PAUSE_MILLISECONDS = 20;
/** Times the skew that is allowed: no clock that is sane ends it earlier than the retention. */
const SKEWS = 2;

export class OperationRecords {
  readonly #options: OperationRecordsOptions;

  constructor(options: OperationRecordsOptions) {
    this.#options = options;
  }

  /**
   * What is stored under the id then: this, or what was there. It is tried again until it is
   * known: the condition makes that harmless.
   * @throws OperatingError as `Strong.run`
   */
  async store(
    id: string,
    record: OperationRecord,
    condition: Condition,
    deadline: number,
  ): Promise<Met> {
    const { strong, clock } = this.#options;
    const value = encodeOperation(record);
    const at = this.#at(id);
    let mayBeStored = false;
    for (;;) {
      try {
        const ends = { ttlSeconds: undefined, expiresAt: this.#endsAt() };
        const change = { state: 'value', contentType: RECORD_TYPE, value, ...ends } as const;
        const intent = { change, seen: undefined, resolving: undefined, past: undefined };
        const { result } = await strong.run({ at, intent, condition, deadline });
        if (result.is === 'applied') {
          const values = [`${dotText(result.dot)};`];
          return { record, unchanged: { is: 'match', values } };
        }
        const met = result.is === 'unmet' ? metIn(result.record) : undefined;
        if (met !== undefined) return met;
        // Its record has ended: what it says is not remembered any more.
        throw new OperatingError('outcome_unknown', 'the record of the operation has ended');
      } catch (error) {
        if (!(error instanceof OperatingError)) throw error;
        mayBeStored ||= error.outcome === 'unknown';
        const isLate = deadline - clock.monotonicMilliseconds() <= PAUSE_MILLISECONDS;
        if (isLate || !error.retryable) throw mayBeStored ? unknown(error, id) : named(error, id);
      }
      await pauseFor(clock, PAUSE_MILLISECONDS);
    }
  }

  /** @throws OperatingError as `Strong.run` */
  async read(id: string, deadline: number): Promise<Met | undefined> {
    const { strong } = this.#options;
    const request = { at: this.#at(id), intent: undefined, condition: ANY, deadline };
    const { result } = await strong.run(request);
    return result.is === 'read' ? metIn(result.record) : undefined;
  }

  /**
   * By most clocks, not by that of whoever decides it: else one node whose clock is wrong would
   * keep all operations from beginning whose records it decides.
   * @throws OperatingError `clock_not_sane`
   */
  #endsAt(): number {
    const now = this.#options.expiryClock.agreed();
    if (now === undefined) throw clockNotSane();
    return this.endsAfter(now);
  }

  /** When a record ends that is stored then, by most clocks. */
  endsAfter(milliseconds: number): number {
    const { expiryClock, operationRetentionMilliseconds } = this.#options;
    return milliseconds + operationRetentionMilliseconds + SKEWS * expiryClock.skewMaxMilliseconds;
  }

  #at(id: string): RecordKey {
    return recordKey(OPERATIONS_NAMESPACE, id, this.#options.ownership.partitionCount);
  }
}

/** Undefined: there is none. */
export function metIn(record: Siblings | undefined): Met | undefined {
  const version = record?.versions.find(({ state }) => state === 'value');
  if (version === undefined) return undefined;
  const unchanged = { is: 'match', values: [valuesText(record)] } as const;
  return { record: decodeOperation(version.value), unchanged };
}

/** Nothing has happened, and the operation has a name. */
function named(error: OperatingError, id: string): OperatingError {
  const { code, message, outcome, details } = error;
  return new OperatingError(code, message, {
    ...{ outcome, cause: error },
    details: { ...details, operation: id },
  });
}

/** It has begun: another attempt may be applying it, or will. */
export function unknown(error: OperatingError, id: string): OperatingError {
  const { code, message, details } = error;
  return new OperatingError(code, message, {
    ...{ outcome: 'unknown', cause: error },
    details: { ...details, operation: id },
  });
}
