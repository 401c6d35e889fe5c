/** What a peer is answered where its request failed. */
import type { Observer } from '../environment/observer.js';
import { messageOf, OperatingError } from '../errors.js';

/** An operating error as it is; anything else is a bug: it is logged, the peer learns little. */
export function refusalOf(error: unknown, observer: Observer): OperatingError {
  let refusal: OperatingError;
  if (error instanceof OperatingError) refusal = error;
  else {
    const reason = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    observer.log('error', 'a peer request failed: a programmer error', { reason });
    refusal = new OperatingError('internal', 'the peer failed');
  }
  observer.count('quorate_peer_messages_total', { type: 'refused', result: refusal.code });
  return refusal;
}
