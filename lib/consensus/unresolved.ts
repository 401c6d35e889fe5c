/** What a plain read at quorum makes of acceptances that it meets (K12). */
import { covers } from '../versioning/context.js';
import { mergeAll, type Siblings } from '../versioning/siblings.js';
import { compareProposals } from './ballot.js';
import type { Acceptance } from './messages.js';

export interface PlainReport {
  readonly record: Siblings | undefined;
  /** As it may be shown (coverage.ts). */
  readonly acceptance: Acceptance | undefined;
}

export type AcceptanceResolution =
  | { readonly is: 'resolved'; readonly merged: Siblings | undefined }
  /** Chosen or not: the proposer must settle it first. */
  | { readonly is: 'unresolved' };

/** @param reports of a majority of the owners */
export function resolveAcceptances(reports: readonly PlainReport[]): AcceptanceResolution {
  const merged = mergeAll(reports.map(({ record }) => record));
  const isOpen = ({ acceptance }: PlainReport): boolean =>
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
