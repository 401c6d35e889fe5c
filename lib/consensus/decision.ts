/** What an operation makes of the state of a key: its condition, and what it proposes (K13). */
import type { OperatingError } from '../errors.js';
import type { Context } from '../versioning/context.js';
import {
  covers,
  EMPTY_CONTEXT,
  joinDot,
  joinContexts,
  type Seen,
  withMinted,
} from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import { stampAfter } from '../versioning/hybrid-clock.js';
import {
  fingerprint,
  latestEnd,
  NO_SIBLINGS,
  replacing,
  type Siblings,
  stampOf,
  type Version,
  type VersionState,
} from '../versioning/siblings.js';
import type { KeyText } from './messages.js';
import type { Once } from './once.js';

/** What the values of the key must be for a write to take effect. */
export type Condition =
  | { readonly is: 'none' }
  /** There is no value. */
  | { readonly is: 'absent' }
  /** There is one, or more. */
  | { readonly is: 'present' }
  /** The values are one of these sets, each as a fingerprint of them alone. */
  | { readonly is: 'match'; readonly values: readonly string[] };

export interface StrongChange {
  readonly state: Exclude<VersionState, 'stub'>;
  readonly contentType: string;
  readonly value: Uint8Array;
  /** Wall time in milliseconds; `keep`: the end of what is replaced. */
  readonly expiresAt: number | 'keep' | undefined;
  /** What the writer has seen: no more is replaced. Undefined: all values that it is decided on. */
  readonly seen: Seen | undefined;
  /** The ring epoch under which it is written. */
  readonly epoch: number;
  /** What its writer had seen, of all keys; of a resolution: what those of the siblings had. */
  readonly past: Uint8Array | undefined;
}

/** What a client wants at `strong`. */
export interface StrongOperation {
  /** Unique in this life of the proposer. */
  readonly id: number;
  readonly key: KeyText;
  /** Undefined: a read. */
  readonly change: StrongChange | undefined;
  readonly condition: Condition;
  /**
   * It takes effect once, however often it is proposed. Without a change: it is asked what became
   * of it, and it never takes effect if it has not.
   */
  readonly once?: Once | undefined;
}

/**
 * Why the change must not take effect: there is no room for the state that it would leave.
 * Undefined: there is.
 * @param base what it is decided on
 */
export type RefusalFor = (
  change: StrongChange,
  base: Siblings,
  state: Siblings,
) => OperatingError | undefined;

/** The values of a state: what only a clock takes for ended is one (K13). */
export function valuesOf(state: Siblings | undefined): readonly Version[] {
  return (state?.versions ?? []).filter((version) => version.state === 'value');
}

/** What a condition compares. */
export function valuesText(state: Siblings | undefined): string {
  return fingerprint({ ...NO_SIBLINGS, versions: valuesOf(state) });
}

export function holds(condition: Condition, state: Siblings | undefined): boolean {
  switch (condition.is) {
    case 'none':
      return true;
    case 'absent':
      return valuesOf(state).length === 0;
    case 'present':
      return valuesOf(state).length > 0;
    case 'match':
      return condition.values.includes(valuesText(state));
  }
}

/** The values of a state that a write replaces. */
export function replacedBy({ seen }: StrongChange, base: Siblings): readonly Version[] {
  return valuesOf(base).filter(({ dot }) => seen === undefined || covers(seen, dot));
}

/** The state that a write leaves: its version, and beside it what its writer has not seen. */
export function writtenState(
  base: Siblings,
  change: StrongChange,
  dot: Dot,
  hybridNow: number,
): Siblings {
  const { state, contentType, value, seen, epoch, past } = change;
  // Later than all that it replaces, whatever the clocks say.
  const writtenAt = stampAfter(hybridNow, Math.max(stampOf(base), seen?.stamp ?? 0));
  const { expiresAt: end } = change;
  const expiresAt = end === 'keep' ? latestEnd(replacedBy(change, base)) : end;
  const made = { dot, state, contentType, value, writtenAt, expiresAt };
  const version = past === undefined ? made : { ...made, past };
  return replacing(base, seen ?? base.context, version, epoch);
}

/** A state that also covers what it does not hold. */
export function covering(state: Siblings | undefined, context: Context | undefined): Siblings {
  const base = state ?? NO_SIBLINGS;
  const joined = joinContexts(base.context, context ?? EMPTY_CONTEXT);
  return joined === base.context ? base : { ...base, context: joined };
}

/**
 * What kills a proposal that may have been accepted: the same state, and it covers its dot, so that
 * a late copy of it adds nothing (K8).
 */
export function killing(base: Siblings, dot: Dot): Siblings {
  return covering(base, withMinted(EMPTY_CONTEXT, dot));
}

/**
 * The same state, and the operation never takes effect: it covers the dot, so that a late copy of
 * the version adds nothing (K8).
 *
 * Two dots of one writer: all that it numbered before on this key is settled, and the vector may
 * cover it. Else the dot is covered alone: others of its writer may still come.
 */
export function endedState(base: Siblings, { dot, end }: Once): Siblings {
  const isNumbered = dot.writer === end.writer;
  const both = isNumbered
    ? withMinted(EMPTY_CONTEXT, end)
    : joinDot(joinDot(EMPTY_CONTEXT, dot), end);
  return covering(base, both);
}
