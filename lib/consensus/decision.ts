/** What an operation makes of the state of a key: its condition, and what it proposes (K13). */
import type { Context } from '../versioning/context.js';
import { EMPTY_CONTEXT, joinContexts, withMinted } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import {
  fingerprint,
  NO_SIBLINGS,
  type Siblings,
  stampOf,
  type Version,
  type VersionState,
} from '../versioning/siblings.js';
import type { KeyText } from './messages.js';

/** What the values of the key must be for a write to take effect. */
export type Condition =
  | { readonly is: 'none' }
  /** There is no value. */
  | { readonly is: 'absent' }
  /** These are the values, as a fingerprint of them alone. */
  | { readonly is: 'match'; readonly values: string };

export interface StrongChange {
  readonly state: Exclude<VersionState, 'stub'>;
  readonly contentType: string;
  readonly value: Uint8Array;
  /** Wall time in milliseconds. */
  readonly expiresAt: number | undefined;
}

/** What a client wants at `strong`. */
export interface StrongOperation {
  /** Unique in this life of the proposer. */
  readonly id: number;
  readonly key: KeyText;
  /** Undefined: a read. */
  readonly change: StrongChange | undefined;
  readonly condition: Condition;
}

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
    case 'match':
      return valuesText(state) === condition.values;
  }
}

/** The state that a write leaves: its version alone; it replaces all that it was decided on. */
export function writtenState(
  base: Siblings,
  { state, contentType, value, expiresAt }: StrongChange,
  dot: Dot,
  hybridNow: number,
): Siblings {
  // Later than all that it replaces, whatever the clocks say.
  const writtenAt = Math.max(hybridNow, stampOf(base) + 1);
  const version = { dot, state, contentType, value, writtenAt, expiresAt };
  return { ...base, context: withMinted(base.context, dot), versions: [version] };
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
