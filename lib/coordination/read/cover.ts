/**
 * Does what replicas have said cover what a session has seen (docs/consistency.md, Sessions)? Pure.
 */
import { OperatingError } from '../../errors.js';
import type { Plan } from '../../replication/plan.js';
import { majority, type Quorum } from '../../replication/quorum.js';
import { type DotSet, dotsIn } from '../../versioning/dot-set.js';
import { dotText } from '../../versioning/dot.js';
import type { PartitionFloor } from '../../versioning/session-token.js';
import { nodeOf } from '../../versioning/writer.js';
import { type Failures, failuresIn } from '../request/read-refusals.js';
import type { ReadRound } from './read-round.js';

/** Most missing dots that a refusal names. */
const MISSING_SHOWN_MAX = 20;

/** What a session has seen: its answers must not be older than that. */
export interface SessionFloor {
  readonly floor: PartitionFloor;
  /** How often the owners have lost the partition, as far as is known now (`Losses.markOf`). */
  readonly markNow: () => number;
}

/** `covered`; else what is missing. */
export type Cover = 'covered' | 'too few' | DotSet;

/**
 * The clocks of those that answered, together, have every dot, so that each of this key is held or
 * covered by one of the merged records. And as many answered as stand for dots that were dropped.
 */
export function coverOf(session: SessionFloor, plan: Plan, round: ReadRound): Cover {
  if (!isAskedEnough(session, plan, round)) return 'too few';
  const missing = round.missingOf(session.floor.dots);
  return missing.size === 0 ? 'covered' : missing;
}

/**
 * Every dot was durable at an owner when the session saw it. So where all owners have said what
 * they hold, and none has lost the partition since, their merge holds or covers all of this key,
 * whatever their clocks have forgotten. Where all that is accepted was settled before they said so.
 */
export function isMetByAll(
  { floor, markNow }: SessionFloor,
  plan: Plan,
  round: ReadRound,
): boolean {
  const all = plan.primaries.every(({ node }) => round.hasAnswered(node));
  return all && markNow() <= floor.mark;
}

/** Is what is required here a majority of the owners of each epoch? Undefined: nothing is. */
export function isMajority({ sets }: Plan, quorum: Quorum | undefined): boolean {
  const requirements = quorum?.requirements ?? [];
  return sets.every((owners) => {
    const inSet = requirements.filter(({ nodes }) =>
      nodes.every((node) => owners.some((owner) => owner.node === node)),
    );
    const required = inSet.reduce((sum, one) => sum + one.required, 0);
    return required >= majority(owners.length);
  });
}

function isAskedEnough(
  { floor: { flag, mark }, markNow }: SessionFloor,
  { sets }: Plan,
  round: ReadRound,
): boolean {
  if (flag === 'none') return true;
  if (flag === 'all' && markNow() > mark) return false;
  return sets.every((owners) => {
    const answered = owners.filter(({ node }) => round.hasAnswered(node)).length;
    return answered >= (flag === 'all' ? owners.length : majority(owners.length));
  });
}

/** @param cover what is missing once everybody who can be asked has answered */
export function notCovered(
  cover: Cover,
  plan: Plan,
  round: ReadRound,
  failures: Failures,
): OperatingError {
  const missing = typeof cover === 'string' ? [] : dotsIn(cover);
  const details = {
    missing: missing.slice(0, MISSING_SHOWN_MAX).map(dotText),
    missing_count: missing.length,
    written_on: [...new Set(missing.map(({ writer }) => nodeOf(writer)))],
    received: round.answered,
    replicas: plan.primaries.length,
    up: plan.order.length,
    ...failuresIn(failures),
  };
  const message = 'the replicas that answer have not seen all that this session has seen';
  return new OperatingError('session_not_covered', message, { details });
}
