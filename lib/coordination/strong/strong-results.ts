/** What the proposer of this node decided, as an event of the operation's core. */
import type { StrongChange } from '../../consensus/decision.js';
import type { Applied } from '../../consensus/effects.js';
import type { NodeId } from '../../environment/transport.js';
import { OperatingError } from '../../errors.js';
import { type Seen, seenAfter } from '../../versioning/context.js';
import { dotText } from '../../versioning/dot.js';
import { find } from '../../versioning/siblings.js';
import type { Decided } from './local-proposer.js';
import type { Handled, StrongResult } from './strong-effects.js';

/** @param self this node, which names itself where it must begin anew */
export function handledHere(
  decided: Decided,
  self: NodeId,
  change: StrongChange | undefined,
  isOnce: boolean,
): Handled | OperatingError {
  switch (decided.is) {
    case 'late':
      return lateError(decided.isOpen && (change !== undefined || isOnce));
    case 'deposed': {
      const { dot, ballot } = decided;
      // What takes effect once may be proposed again, whatever became of it.
      if (dot === undefined || isOnce) return { is: 'elsewhere', proposer: self };
      return { is: 'lost', dot, ballot, decided: decided.decided };
    }
    case 'applied':
      return appliedOf(decided, change?.seen);
    case 'no room':
      return decided.error;
    case 'settled':
      return { is: 'settled', as: decided.as, record: decided.state };
    case 'read':
    case 'unmet':
      return { is: decided.is, record: decided.state };
  }
}

/** @param seen what its writer had seen; undefined: it replaced all */
export function appliedOf(
  { dot, base, state, replaced }: Applied,
  seen: Seen | undefined,
): StrongResult {
  return {
    is: 'applied',
    dot,
    stamp: find(state, dot)?.writtenAt ?? 0,
    context: seen === undefined ? state.context : seenAfter(seen, dot, base.context),
    replaced: replaced.map((version) => dotText(version.dot)),
  };
}

function lateError(mayTakeEffect: boolean): OperatingError {
  const message = mayTakeEffect
    ? 'too few owners accepted the write in time'
    : 'no majority of the owners decided it in time';
  return new OperatingError('deadline_passed', message, {
    outcome: mayTakeEffect ? 'unknown' : 'none',
  });
}

export function unknownError(): OperatingError {
  const message = 'another node decides the key by now, and what became of the write is not known';
  return new OperatingError('outcome_unknown', message);
}
