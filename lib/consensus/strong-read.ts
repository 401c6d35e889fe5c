/** A strong read in one round trip: when what a majority holds is settled (K11). */
import type { NodeId } from '../environment/transport.js';
import { type Quorum, type Standing, Votes } from '../replication/quorum.js';
import { fingerprint, merge, type Siblings } from '../versioning/siblings.js';
import { type Ballot, compareBallots } from './ballot.js';
import type { Acceptance, Sender } from './messages.js';

/** What an owner says of a key, once all that it says is synced. */
export interface ReadReport {
  readonly from: Sender;
  readonly promised: Ballot;
  /** It is the proposer, and active at that very ballot. */
  readonly isActive: boolean;
  /** It is the proposer, and an operation on the key is under way. */
  readonly isBusy: boolean;
  readonly record: Siblings | undefined;
  readonly acceptance: Acceptance | undefined;
}

export type ReadJudgement =
  /** More must answer. */
  | { readonly is: 'pending' }
  /** Nothing that was proposed before the read began can take effect any more, or it has. */
  | { readonly is: 'settled'; readonly record: Siblings | undefined }
  /** The proposer must decide it, as an operation. */
  | { readonly is: 'unsettled' };

/** @param proposer the node whose ballot the reader's own replica has promised */
export function judgeRead(
  reports: readonly ReadReport[],
  proposer: NodeId,
  quorum: Quorum,
  standing: Standing,
): ReadJudgement {
  const votes = new Votes(standing);
  for (const { from } of reports) votes.grant(from.node, from.start);
  const lead = reports.find(({ from }) => from.node === proposer);
  if (lead === undefined || quorum.stateOf(votes) !== 'reached') return { is: 'pending' };
  const versions = fingerprint(lead.record);
  const agrees = (report: ReadReport): boolean =>
    compareBallots(report.promised, lead.promised) === 0 && holds(report, versions);
  // What the proposer has accepted itself and not learned may have been chosen before its ballot.
  const isLearned = lead.acceptance === undefined || withAccepted(lead) === versions;
  const isSettled = lead.isActive && !lead.isBusy && isLearned && reports.every(agrees);
  return isSettled ? { is: 'settled', record: lead.record } : { is: 'unsettled' };
}

/** As it is, or with what it has accepted. */
function holds(report: ReadReport, versions: string): boolean {
  return fingerprint(report.record) === versions || withAccepted(report) === versions;
}

/** What it holds with what it has accepted. */
function withAccepted({ record, acceptance }: ReadReport): string {
  if (record === undefined) return fingerprint(acceptance?.state);
  return fingerprint(acceptance === undefined ? record : merge(record, acceptance.state));
}
