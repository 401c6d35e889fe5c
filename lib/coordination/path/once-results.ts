/** What is answered of a write that takes effect once, where another attempt had settled it. */
import type { Once } from '../../consensus/once.js';
import { OperatingError } from '../../errors.js';
import { EMPTY_CONTEXT, joinDot, type Seen } from '../../versioning/context.js';
import { dotText } from '../../versioning/dot.js';
import { find } from '../../versioning/siblings.js';
import { STRONG } from '../request/level.js';
import type { PutResult } from '../request/put-request.js';
import type { StrongAnswer } from '../strong/strong.js';
import type { StrongResult } from '../strong/strong-effects.js';

type Settled = Extract<StrongResult, { is: 'settled' }>;

/**
 * The versions that it had replaced were answered to the attempt that applied it, and are not known
 * here. Its context holds what its writer had seen, and its own version.
 * @throws OperatingError `operation_ended`; `outcome_unknown`: its record was collected
 */
export function appliedBefore(
  { as, record }: Settled,
  { dot }: Once,
  seen: Seen | undefined,
  { answered, asked }: Pick<StrongAnswer, 'answered' | 'asked'>,
): PutResult {
  if (as === 'ended') {
    const message = 'an earlier attempt was refused or ended: it needs a new Idempotency-Key';
    throw new OperatingError('operation_ended', message);
  }
  if (as === 'forgotten') {
    throw new OperatingError('outcome_unknown', 'the record of the key was collected meanwhile');
  }
  const stamp = record === undefined ? 0 : (find(record, dot)?.writtenAt ?? 0);
  return {
    ...{ version: dotText(dot), writtenAt: stamp, replaced: [], beside: [], claim: undefined },
    seen: { ...joinDot(seen ?? EMPTY_CONTEXT, dot), stamp },
    ...{ level: STRONG, answered, asked, standIns: 0 },
  };
}
