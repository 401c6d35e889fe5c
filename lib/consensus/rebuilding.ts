/** What an owner under rebuild takes of another one's promises, acceptances and marks (K18). */
import type { AcceptorChange, AcceptorState } from './acceptor.js';
import { greaterBallot, isLater } from './ballot.js';
import type { PromiseEntry } from './messages.js';

/** What another owner holds, or a part of it. */
interface OtherHeld extends Pick<AcceptorState, 'promised' | 'active'> {
  readonly entries: Iterable<Pick<PromiseEntry, 'key' | 'acceptance' | 'mark'>>;
}

/**
 * What an owner under rebuild takes from another one: the higher ballots, and of each key what is
 * later. It counts only once it has this of every other owner (K18).
 */
export function rebuildingFrom(own: AcceptorState, other: OtherHeld): AcceptorChange[] {
  const promised = greaterBallot(own.promised, other.promised);
  const active = greaterBallot(own.active, other.active);
  const isHigher = promised !== own.promised || active !== own.active;
  const changes: AcceptorChange[] = isHigher ? [{ store: 'ballots', promised, active }] : [];
  for (const { key, acceptance, mark } of other.entries) {
    const held = own.of(key);
    const isNew = isLater(acceptance?.id, held.acceptance?.id);
    // At the number of a mark as well: the record behind the mark may be lost.
    if (acceptance !== undefined && isNew && !isLater(held.mark, acceptance.id)) {
      changes.push({ store: 'acceptance', key, acceptance: { ...acceptance, isCopied: true } });
    }
    if (mark !== undefined && isLater(mark, held.mark)) changes.push({ store: 'mark', key, mark });
  }
  return changes;
}
