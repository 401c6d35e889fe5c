/** What a client wants at `strong`, before a clock gives it an end. */
import type { Condition, StrongChange } from '../../consensus/decision.js';
import type { Once } from '../../consensus/once.js';
import type { RecordKey } from '../../persistence/keyspace.js';
import { type Change, clockNotSane } from '../../replica/intent.js';
import type { Seen } from '../../versioning/context.js';
import type { Explanation } from '../request/explanation.js';

export interface StrongIntent {
  readonly change: Change;
  /** What the writer has seen; undefined: "replace what is there". */
  readonly seen: Seen | undefined;
  /** Of a resolution: for its audit entry. */
  readonly resolving: { readonly strategy: string; readonly by: string } | undefined;
  /** What the writer had seen, of all keys (versioning/past.ts). */
  readonly past: Uint8Array | undefined;
}

/** An operation at `strong`, where it was asked for or passed on to. */
export interface StrongRequest {
  readonly at: RecordKey;
  /** Undefined: a read. */
  readonly intent: StrongIntent | undefined;
  readonly condition: Condition;
  /** It takes effect once, however often it is proposed; without an intent it is settled. */
  readonly once?: Once | undefined;
  /** On the monotonic clock. */
  readonly deadline: number;
  /** Where the request wants to know how its answer came about. */
  readonly explanation?: Explanation | undefined;
}

export interface Forwarded {
  readonly decides: boolean;
  readonly takesOver: boolean;
}

const NO_VALUE = new Uint8Array(0);

/**
 * @param now of the clock of the proposer; undefined: it is not sane
 * @throws OperatingError `clock_not_sane`
 */
export function changeOf(
  { change, seen, past }: StrongIntent,
  now: number | undefined,
  epoch: number,
): StrongChange {
  if (change.state === 'tombstone') {
    const deleted = { state: 'tombstone', contentType: '', value: NO_VALUE } as const;
    return { ...deleted, expiresAt: undefined, seen, epoch, past };
  }
  const { state, contentType, value, ttlSeconds } = change;
  const written = { state, contentType, value, seen, epoch, past };
  if (ttlSeconds === undefined) return { ...written, expiresAt: change.expiresAt };
  if (now === undefined) throw clockNotSane();
  return { ...written, expiresAt: ttlSeconds === 'keep' ? 'keep' : now + ttlSeconds * 1000 };
}
