/** What a replica says of a write without a context that it has taken (architecture.md, W7). */
import { type Context, covers, EMPTY_CONTEXT } from '../versioning/context.js';
import { compareDots, type Dot, sameDot } from '../versioning/dot.js';
import { find, type Siblings, type VersionState } from '../versioning/siblings.js';

/** A version by its place among writes that race. */
export interface Stamped {
  readonly dot: Dot;
  /** Hybrid time (W6). */
  readonly stamp: number;
}

/** A version that a replica holds beside a blind write: concurrent with it. */
export interface ConcurrentVersion extends Stamped {
  readonly state: VersionState;
}

export interface BlindReport {
  /** Is the blind write still held? Else it is superseded here, or was collected. */
  readonly live: boolean;
  /** Has this node an open blind write of the key with a higher stamp? */
  readonly open: boolean;
  /** All else that is held. */
  readonly beside: readonly ConcurrentVersion[];
  /** Of the record. */
  readonly context: Context;
}

const NOTHING: readonly ConcurrentVersion[] = [];

/** A total order: of two blind writes that race the higher one may stay. */
export function isAbove(a: Stamped, b: Stamped): boolean {
  return a.stamp === b.stamp ? compareDots(a.dot, b.dot) > 0 : a.stamp > b.stamp;
}

/** Mostly: held, with nothing beside it. It travels as nothing. */
export function isUsual({ live, open, beside }: BlindReport): boolean {
  return live && !open && beside.length === 0;
}

/** @param open see `BlindReport` */
export function reportOn(held: Siblings | undefined, dot: Dot, open: boolean): BlindReport {
  if (held === undefined || !covers(held.context, dot)) {
    return { live: false, open, beside: [], context: EMPTY_CONTEXT };
  }
  const live = find(held, dot) !== undefined;
  const { context, versions } = held;
  // Mostly it is alone.
  if (live && versions.length === 1) return { live, open, beside: NOTHING, context };
  const others = versions.filter((version) => !sameDot(version.dot, dot));
  const beside = others.map(({ dot, writtenAt, state }) => ({ dot, stamp: writtenAt, state }));
  return { live, open, beside, context };
}
