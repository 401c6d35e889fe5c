/**
 * What owners say of a version that one of them has seen and holds no more (protocol of the filter,
 * docs/architecture.md, C3 and D4): collected everywhere, or lost by the one who asks?
 */
import type { PartitionClock } from '../versioning/partition-clock.js';
import { covers } from '../versioning/context.js';
import type { Dot } from '../versioning/dot.js';
import type { Siblings } from '../versioning/siblings.js';
import { find } from '../versioning/siblings.js';

/**
 * `value`, `ended`: held, in that state. `covered`: superseded by what is held. `absent`: seen, and
 * neither. `unseen`.
 */
export type DotStatus = 'value' | 'ended' | 'covered' | 'absent' | 'unseen';

export interface DotStatusReport {
  readonly rebuilding: boolean;
  /** For each dot that was asked about. */
  readonly statuses: readonly DotStatus[];
  /** Does the persisted clock have it? */
  readonly persisted: readonly boolean[];
}

export function dotStatusOf(dot: Dot, own: Siblings | undefined, clock: PartitionClock): DotStatus {
  const held = own === undefined ? undefined : find(own, dot);
  if (held !== undefined) return held.state === 'value' ? 'value' : 'ended';
  if (own !== undefined && covers(own.context, dot)) return 'covered';
  return clock.has(dot) ? 'absent' : 'unseen';
}

/**
 * The verdict on whoever asks, who has seen the dots, and neither holds nor covers them.
 * Dropped: a record covers the version, so that it has ended; or no owner holds it.
 * Damaged: an owner holds the value; or holds it as ended while not every persisted clock has it,
 * so that it cannot have been collected. What an owner under rebuild says proves nothing: neither
 * what it holds, nor that its clock, which was emptied, has not seen it (decision 0051).
 * @param own whether the persisted clock of the asker has each dot
 * @param others of all other owners
 */
export function droppedOrDamaged(
  own: readonly boolean[],
  others: readonly DotStatusReport[],
): 'dropped' | 'damaged' {
  const serving = others.filter(({ rebuilding }) => !rebuilding);
  const lost = own.some((ownPersisted, i) => {
    const statuses = serving.map(({ statuses: of }) => of[i]);
    if (statuses.includes('covered')) return false;
    if (statuses.includes('value')) return true;
    const everywhere = ownPersisted && serving.every(({ persisted }) => persisted[i] === true);
    return statuses.includes('ended') && !everywhere;
  });
  return lost ? 'damaged' : 'dropped';
}

/**
 * May a version be dropped at the end of a rebuild: have all others seen its end that are whole,
 * and is there one? Others under rebuild do not know (decision 0051).
 */
export function isEndedElsewhere(index: number, others: readonly DotStatusReport[]): boolean {
  const serving = others.filter(({ rebuilding }) => !rebuilding);
  return (
    serving.length > 0 &&
    serving.every(({ statuses }) => statuses[index] === 'covered' || statuses[index] === 'absent')
  );
}
