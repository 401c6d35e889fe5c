/** What a put that is not done says: too few replicas, too late, or an outcome that is unknown. */
import { OperatingError } from '../errors.js';
import { clockNotSane } from '../persistence/intent.js';
import type { PreferenceList } from '../replication/preference-list.js';
import { type Requirement, requiredOf } from '../replication/quorum.js';
import type { Collaborators } from './collaborators.js';
import type { ConsistencyLevel } from './consistency-level.js';
import type { Put } from './put-request.js';

/** A level that was named, and what it asks of this key. */
export interface Rung {
  readonly level: ConsistencyLevel;
  readonly requirements: readonly Requirement[];
}

export function notReached(rungs: readonly Rung[], list: PreferenceList): OperatingError {
  const up = list.primaries.filter((primary) => primary.up).length;
  return new OperatingError('level_not_reached', 'too few replicas are up for this level', {
    outcome: 'none',
    details: { required: requiredBy(rungs), up, replicas: list.primaries.length },
  });
}

/** A primary whose clock is wrong would give a wrong end, and does not know what has ended. */
export function clockObstacle(
  { expiryClock }: Collaborators,
  { change }: Put,
): OperatingError | undefined {
  const ends = change.state === 'value' && change.ttlSeconds !== undefined;
  return ends && expiryClock.now() === undefined ? clockNotSane() : undefined;
}

/** Work that is late is not begun. */
export function tooLate(rungs: readonly Rung[], list: PreferenceList): OperatingError {
  return new OperatingError('deadline_passed', 'too few replicas said in time what is there', {
    outcome: 'none',
    details: { required: requiredBy(rungs), replicas: list.primaries.length },
  });
}

/** The write was minted, so it may surface. */
export function unknownOutcome(
  { clock }: Collaborators,
  { deadline }: Put,
  rungs: readonly Rung[],
  received: number,
): OperatingError {
  const late = clock.monotonicMilliseconds() >= deadline;
  return new OperatingError(
    late ? 'deadline_passed' : 'outcome_unknown',
    late ? 'too few replicas acknowledged the write in time' : 'too few replicas hold the write',
    { outcome: 'unknown', details: { required: requiredBy(rungs), received } },
  );
}

function requiredBy([first]: readonly Rung[]): number {
  return first === undefined ? 0 : requiredOf(first.requirements);
}
