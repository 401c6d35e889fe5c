/**
 * What an observer of the small world concludes from the owners that it hears: more than a reader
 * may, who has what is accepted settled first (K12). So it notices sooner what is wrong.
 */
import { compareProposals } from '../../../lib/consensus/ballot.js';
import type { Acceptance } from '../../../lib/consensus/messages.js';
import { covers } from '../../../lib/versioning/context.js';
import type { Dot } from '../../../lib/versioning/dot.js';
import { find, mergeAll, type Siblings } from '../../../lib/versioning/siblings.js';

export interface OwnerReport {
  readonly record: Siblings | undefined;
  /** As `shownState`. */
  readonly acceptance: Acceptance | undefined;
}

export type Observed =
  | { readonly is: 'resolved'; readonly merged: Siblings | undefined }
  /** Chosen or not: nobody can know. */
  | { readonly is: 'unresolved' };

/** @param reports of a majority of the owners: what all of them have accepted alike is chosen */
export function observed(reports: readonly OwnerReport[]): Observed {
  const merged = mergeAll(reports.map(({ record }) => record));
  const isOpen = ({ acceptance }: OwnerReport): boolean =>
    acceptance !== undefined &&
    !(
      acceptance.dot !== undefined &&
      merged !== undefined &&
      covers(merged.context, acceptance.dot)
    );
  const open = reports.find(isOpen)?.acceptance;
  if (open === undefined) return { is: 'resolved', merged };
  const isChosen = reports.every(
    ({ acceptance }) =>
      acceptance?.isCopied === false && compareProposals(acceptance.id, open.id) === 0,
  );
  if (!isChosen) return { is: 'unresolved' };
  return { is: 'resolved', merged: mergeAll([merged, open.state]) };
}

/** An acceptance without what has ended at its owner. */
export function shownState(
  state: Siblings,
  owner: { readonly record: Siblings | undefined; readonly hasSeen: (dot: Dot) => boolean },
): Siblings {
  const { record, hasSeen } = owner;
  const versions = state.versions.filter(
    ({ dot }) => !hasSeen(dot) || (record !== undefined && find(record, dot) !== undefined),
  );
  return versions.length === state.versions.length ? state : { ...state, versions };
}
