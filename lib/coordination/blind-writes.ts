/** What the setting makes of a write without a context (docs/consistency.md). */
import { OperatingError } from '../errors.js';
import { type Context, EMPTY_CONTEXT } from '../versioning/context.js';
import type { PutRequest } from './request.js';

export type BlindWrites = 'overwrite' | 'sibling' | 'refuse';

/**
 * What the writer is taken to have seen; undefined: it replaces what is there. With `sibling` a
 * value goes beside what is there. What makes no sense beside it does not: a delete deletes what is
 * there, and so does a write that says that it overwrites siblings.
 * @throws OperatingError `context_required`
 */
export function seenBlindly(
  { change, overwriteSiblings }: Pick<PutRequest, 'change' | 'overwriteSiblings'>,
  blindWrites: BlindWrites,
): Context | undefined {
  if (blindWrites === 'refuse') {
    throw contextRequired('this cluster takes no writes without a context', blindWrites);
  }
  if (blindWrites === 'overwrite' || change.state === 'tombstone' || overwriteSiblings) {
    return undefined;
  }
  if (change.ttlSeconds === 'keep') {
    const message = 'beside what is there no time to live can be kept; a context says whose it is';
    throw contextRequired(message, blindWrites);
  }
  return EMPTY_CONTEXT;
}

function contextRequired(message: string, blindWrites: BlindWrites): OperatingError {
  return new OperatingError('context_required', message, {
    details: { blind_writes: blindWrites },
  });
}
