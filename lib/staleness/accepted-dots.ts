/** Which versions are accepted at `strong` here, and not learned: they may be acknowledged (B2). */
import { OperatingError } from '../errors.js';
import type { ProposalTable } from '../persistence/proposal-table.js';
import type { Dot } from '../versioning/dot.js';

/** More of them are not reported: then this owner can vouch for nothing until some are learned. */
const ACCEPTED_MAX = 1000;
const NONE: ReadonlyMap<number, readonly Dot[]> = new Map();

/**
 * By partition; undefined where there are too many, or one of them cannot be read. Every version of
 * an accepted state counts: one that was proposed on top of another stands for both.
 */
export function acceptedDots(
  proposals: Pick<ProposalTable, 'accepted' | 'acceptanceOf'>,
): ReadonlyMap<number, readonly Dot[]> | undefined {
  const found = new Map<number, Dot[]>();
  let count = 0;
  for (const at of proposals.accepted()) {
    try {
      const { state, dot } = proposals.acceptanceOf(at) ?? {};
      const dots = state?.versions.map((version) => version.dot) ?? [];
      if (dot !== undefined) dots.push(dot);
      found.set(at.partition, [...(found.get(at.partition) ?? []), ...dots]);
      count += dots.length;
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      return undefined;
    }
    if (count > ACCEPTED_MAX) return undefined;
  }
  return found.size === 0 ? NONE : found;
}
