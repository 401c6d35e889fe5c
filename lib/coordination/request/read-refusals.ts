/** What a read that is not answered says: how many answered, how many had to, and who failed. */
import { OperatingError } from '../../errors.js';
import type { NodeId } from '../../environment/transport.js';
import type { Plan } from '../../replication/plan.js';
import type { Attempt } from './level.js';

/** Why replicas did not answer: the codes of their refusals. */
export type Failures = ReadonlyMap<NodeId, string>;

export const NO_FAILURES: Failures = new Map();

/** @param received primaries that answered */
export function tooFewAnswered(
  attempts: readonly Attempt[],
  { primaries, order }: Plan,
  received: number,
  failures: Failures,
  isLate: boolean,
): OperatingError {
  const details = {
    required: attempts[0]?.quorum.required ?? 0,
    received,
    replicas: primaries.length,
    up: order.length,
    ...failuresIn(failures),
  };
  return isLate
    ? new OperatingError('deadline_passed', 'too few replicas answered in time', { details })
    : new OperatingError('level_not_reached', 'too few replicas answered', { details });
}

/** The same where nothing is known of why it failed. */
export function withFailure(
  failures: Failures,
  node: NodeId,
  why: OperatingError | undefined,
): Failures {
  return why === undefined ? failures : new Map([...failures, [node, why.code]]);
}

/** Left out where none is known. */
export function failuresIn(failures: Failures): { readonly failures?: Record<NodeId, string> } {
  return failures.size === 0 ? {} : { failures: Object.fromEntries(failures) };
}
