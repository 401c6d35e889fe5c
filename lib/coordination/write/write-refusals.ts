/** What a write that is not done says: too few replicas, too late, or an unknown outcome. */
import { OperatingError } from '../../errors.js';
import type { Plan } from '../../replication/plan.js';
import type { Attempt } from '../request/level.js';
import { type Failures, failuresIn } from '../request/read-refusals.js';

export function tooFewUp(attempts: readonly Attempt[], plan: Plan): OperatingError {
  return new OperatingError('level_not_reached', 'too few replicas are up for this level', {
    outcome: 'none',
    details: {
      required: requiredBy(attempts),
      up: plan.order.length,
      replicas: plan.primaries.length,
    },
  });
}

/** Refused before anything was minted: too few replicas said what is there. */
export function askedInVain(
  attempts: readonly Attempt[],
  plan: Plan,
  failures: Failures,
  isLate: boolean,
): OperatingError {
  const details = {
    required: requiredBy(attempts),
    up: plan.order.length,
    replicas: plan.primaries.length,
    ...failuresIn(failures),
  };
  const [code, message] = isLate
    ? (['deadline_passed', 'too few replicas said in time what is there'] as const)
    : (['level_not_reached', 'too few replicas said what is there'] as const);
  return new OperatingError(code, message, { outcome: 'none', details });
}

/** A write of a session is minted only on a record that covers what the session has seen. */
export function coveredTooLate(): OperatingError {
  const message = 'what this session has seen did not come in time';
  return new OperatingError('deadline_passed', message, { outcome: 'none' });
}

/** What it is to replace may have been chosen at `strong`: it is minted on nothing older (K12). */
export function settledTooLate(): OperatingError {
  const message = 'what was accepted at strong before was not settled in time';
  return new OperatingError('deadline_passed', message, { outcome: 'none' });
}

/** The write was minted, so it may surface. */
export function unknownOutcome(
  attempts: readonly Attempt[],
  received: number,
  failures: Failures,
  isLate: boolean,
): OperatingError {
  return new OperatingError(
    isLate ? 'deadline_passed' : 'outcome_unknown',
    isLate ? 'too few replicas acknowledged the write in time' : 'too few replicas hold the write',
    {
      outcome: 'unknown',
      details: { required: requiredBy(attempts), received, ...failuresIn(failures) },
    },
  );
}

/** What else the replicas hold beside the write cannot be found out any more. */
export function notSound(cause: OperatingError): OperatingError {
  const message = 'the replica that minted the write could not look at its record any more';
  return new OperatingError('outcome_unknown', message, { outcome: 'unknown', cause });
}

export function diskTooLate(): OperatingError {
  const message = 'the disk of this node did not take it in time';
  return new OperatingError('deadline_passed', message, { outcome: 'unknown' });
}

/** It was passed on to a node that cannot do it; whoever passed it on asks another. */
export function noPrimary(): OperatingError {
  const message = 'the request was passed on to a node that is no primary';
  return new OperatingError('wrong_epoch', message);
}

function requiredBy([first]: readonly Attempt[]): number {
  return first?.quorum.required ?? 0;
}
