/**
 * Void numbers (docs/consensus.md, K21): a proposal that was open when its ballot ended, and was
 * not adopted, leaves a number that no version bears, or ever will. Once every owner has activated
 * a later ballot, what was chosen before lies in the records of the owners: who has seen all that
 * they have seen may count the other numbers as seen. Pure.
 */
import type { Dot } from '../versioning/dot.js';
import { PartitionClock } from '../versioning/partition-clock.js';
import type { VersionVector } from '../versioning/version-vector.js';
import { type Ballot, ballotOf, compareBallots, isLater, type ProposalId } from './ballot.js';
import type { ProposerCore } from './proposer-core.js';

/**
 * The ballot at which this node decides, once every owner has activated it, and all that it adopted
 * is in the own records; undefined: it is not so far, or what was learned may be lost.
 * @param start of this node: after a loss it is a higher one
 * @param accepted of this owner, and not learned
 */
export function settledBallotOf(
  core: Pick<ProposerCore, 'phase' | 'ballot' | 'isActiveEverywhere' | 'adoptedCount'>,
  start: number,
  accepted: readonly ProposalId[],
): Ballot | undefined {
  const { phase, ballot, isActiveEverywhere, adoptedCount } = core;
  if (phase !== 'active' || !isActiveEverywhere) return undefined;
  if (ballot.start !== start) return undefined;
  const lastAdopted = { ballot, seq: adoptedCount };
  return accepted.every((id) => isLater(id, lastAdopted)) ? ballot : undefined;
}

/** What another owner has said, and what it had seen in that moment. */
export interface OwnerWord {
  readonly settled: Ballot | undefined;
  readonly clock: PartitionClock;
}

/** The highest ballot that a proposer calls settled; undefined: none is. */
export function settledAmong(ballots: readonly (Ballot | undefined)[]): Ballot | undefined {
  let highest: Ballot | undefined;
  for (const ballot of ballots) {
    const isHigher = highest === undefined || (ballot && compareBallots(ballot, highest) > 0);
    if (isHigher) highest = ballot;
  }
  return highest;
}

/** Of what is covered: the entries of writers of proposals of ballots that end below this one. */
export function endedBefore(ballot: Ballot | undefined, covered: VersionVector): VersionVector {
  if (ballot === undefined) return new Map();
  return new Map(
    [...covered].filter(([writer]) => {
      const own = ballotOf(writer);
      return own !== undefined && compareBallots(own, ballot) < 0;
    }),
  );
}

/** Of what is covered: the entries of writers of proposals with a number that nobody has seen. */
export function unseenByAll(
  covered: VersionVector,
  clocks: readonly PartitionClock[],
): VersionVector {
  const known = new PartitionClock();
  for (const clock of clocks) known.union(clock);
  return new Map(
    [...covered].filter(
      (entry) => ballotOf(entry[0]) !== undefined && !known.coversWithoutGap(new Map([entry])),
    ),
  );
}

/**
 * The numbers that are void: those up to the given ones that the own clock lacks.
 * @param settled the ballot that its proposer had called settled before any of these words was said
 * @param ended of writers of ballots below it
 * @param own what this owner has seen by now, and calls settled
 */
export function voidNumbers(
  settled: Ballot,
  ended: VersionVector,
  own: OwnerWord,
  others: readonly OwnerWord[],
): Dot[] {
  // The proposer reports the ballot as settled again, in the same message as its clock: so it has
  // not lost its disk since.
  const isSettled = [own, ...others].some(
    (word) => word.settled !== undefined && compareBallots(word.settled, settled) === 0,
  );
  if (!isSettled || !others.every(({ clock }) => own.clock.includes(clock))) return [];
  const all = PartitionClock.from([...ended].map(([writer, n]) => [writer, n, []]));
  return all.missingFrom(own.clock, Number.POSITIVE_INFINITY);
}
