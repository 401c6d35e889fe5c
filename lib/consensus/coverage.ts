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
 * False: the record holds a version that the proposal does not cover, tombstones too, or covers
 * only by the number of the dot that it adds; or the proposal holds as a value what is a stub here;
 * or it was decided on a value that is superseded here, or was collected (then only the clock still
 * knows it).
 */
export function isCovered(
  { state, base, above }: Pick<Proposal, 'state' | 'base' | 'above'>,
  { record, hasSeen }: Holding,
): boolean {
  for (const version of record?.versions ?? []) {
    const proposed = find(state, version.dot);
    if (!covers(state.context, version.dot)) return false;
    if (proposed === undefined && isAbove(version.dot, above)) return false;
    if (version.state === 'stub' && proposed?.state === 'value') return false;
  }
  const isGone = (dot: Dot): boolean =>
    hasSeen(dot) && (record === undefined || find(record, dot) === undefined);
  return !base.some(isGone);
}

function isAbove({ writer, n }: Dot, above: Dot | undefined): boolean {
  return above?.writer === writer && n > above.n;
}
