/** Ballots: who may propose, one after the other (Paxos; Lamport 1998). docs/consensus.md. */
import { greatestOf } from '../encoding/extremes.js';
import type { NodeId } from '../environment/transport.js';
import { ballotPartsOf, nodeOf, type Writer } from '../versioning/writer.js';

/**
 * An attempt of a node to be the proposer of a partition. The start is part of it: a node that
 * crashed before its own promise was synced might take the same round again.
 */
export interface Ballot {
  readonly round: number;
  readonly node: NodeId;
  readonly start: number;
}

/** Below every ballot that anybody prepares. */
export const NO_BALLOT: Ballot = { round: 0, node: '', start: 0 };

/** Less than 0 where `a` is lower. */
export function compareBallots(a: Ballot, b: Ballot): number {
  if (a.round !== b.round) return a.round - b.round;
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  return a.start - b.start;
}

/**
 * The next ballot of a node.
 * @param rounds that it must be above: of its promise, its last ballot, and all that it heard of
 */
export function nextBallot(node: NodeId, start: number, rounds: readonly number[]): Ballot {
  return { round: greatestOf([0, ...rounds]) + 1, node, start };
}

export function greaterBallot(a: Ballot, b: Ballot): Ballot {
  return compareBallots(a, b) < 0 ? b : a;
}

/** The ballot whose proposals the writer numbers; undefined: it numbers plain writes. */
export function ballotOf(writer: Writer): Ballot | undefined {
  const parts = ballotPartsOf(writer);
  return parts && { ...parts, node: nodeOf(writer) };
}

/** The proposals of one ballot are counted: 1, 2, 3, ... over all keys of the partition. */
export interface ProposalId {
  readonly ballot: Ballot;
  readonly seq: number;
}

/** Less than 0 where `a` is earlier; undefined is earlier than all. */
export function compareProposals(a: ProposalId | undefined, b: ProposalId | undefined): number {
  if (a === undefined || b === undefined)
    return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1);
  return compareBallots(a.ballot, b.ballot) || a.seq - b.seq;
}

export function isLater(a: ProposalId | undefined, b: ProposalId | undefined): boolean {
  return compareProposals(a, b) > 0;
}
