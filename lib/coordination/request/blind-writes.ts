/** What the setting makes of a write without a context (docs/consistency.md). */
import { OperatingError } from '../../errors.js';
import { NOTHING_SEEN, type Seen } from '../../versioning/context.js';
import type { Contexts } from './contexts.js';
import type { PutRequest } from './request.js';

export type BlindWrites = 'overwrite' | 'sibling' | 'refuse';

/**
 * What the writer has seen, as its context says; without one, as the setting says.
 * @throws OperatingError `context_required`, `invalid_context`, `wrong_epoch`
 */
export function seenByWriter(
  request: PutRequest,
  contexts: Contexts,
  blindWrites: BlindWrites,
): Seen | undefined {
  const { context } = request;
  if (context !== undefined) return contexts.open(request, context);
  // A condition says what is replaced.
  if (request.precondition !== undefined) return undefined;
  return seenBlindly(request, blindWrites);
}

/**
 * What the writer is taken to have seen; undefined: it replaces what is there. With `sibling` a
 * value goes beside what is there. A delete makes no sense beside it: it deletes what is there.
 * @throws OperatingError `context_required`
 */
export function seenBlindly(
  { change }: Pick<PutRequest, 'change'>,
  blindWrites: BlindWrites,
): Seen | undefined {
  if (blindWrites === 'refuse') {
    throw contextRequired('this cluster takes no writes without a context', blindWrites);
  }
  if (blindWrites === 'overwrite' || change.state === 'tombstone') return undefined;
  if (change.ttlSeconds === 'keep') {
    const message = 'beside what is there no time to live can be kept; a context says whose it is';
    throw contextRequired(message, blindWrites);
  }
  return NOTHING_SEEN;
}

function contextRequired(message: string, blindWrites: BlindWrites): OperatingError {
  return new OperatingError('context_required', message, {
    details: { blind_writes: blindWrites },
  });
}
