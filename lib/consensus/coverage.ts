/** Does a proposal cover all that an acceptor holds? If not, it must not be accepted (K4). */
import { covers } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import { find, type Siblings } from '../versioning/siblings.js';
import type { Proposal } from './messages.js';

/** What a replica holds of the key, and what its clock has seen. */
export interface Holding {
  readonly record: Siblings | undefined;
  readonly hasSeen: (dot: Dot) => boolean;
}

/**
 * False: the record holds a version that the proposal does not cover, tombstones too; or the
 * proposal holds as a value what is a stub here; or it was decided on a value that is superseded
 * here, or was collected (then only the clock still knows it).
 */
export function isCovered(
  { state, base }: Pick<Proposal, 'state' | 'base'>,
  { record, hasSeen }: Holding,
): boolean {
  for (const version of record?.versions ?? []) {
    if (!covers(state.context, version.dot)) return false;
    if (version.state === 'stub' && find(state, version.dot)?.state === 'value') return false;
  }
  const isGone = (dot: Dot): boolean =>
    hasSeen(dot) && (record === undefined || find(record, dot) === undefined);
  return !base.some(isGone);
}
