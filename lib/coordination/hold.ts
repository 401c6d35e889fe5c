/** Hints: who holds them in an absent primary's place, and asking them to (Dynamo 4.6). */
import type { NodeId } from '../environment/transport.js';
import { messageOf } from '../errors.js';
import type { Ring } from '../partitioning/ring.js';
import type { RecordKey } from '../persistence/records.js';
import type { Durability } from '../persistence/store.js';
import type { ClusterView } from '../replication/cluster-view.js';
import { standIns } from '../replication/preference-list.js';
import type { Collaborators } from './collaborators.js';
import { HOLD } from './messages.js';

interface Place {
  readonly target: NodeId;
  readonly holder: NodeId;
}

/** A stand-in for each absent primary, distinct while there are enough, then this node. */
export function holdersOf(
  absent: readonly NodeId[],
  ring: Ring,
  partition: number,
  view: ClusterView,
): Place[] {
  if (absent.length === 0) return [];
  const candidates = standIns(ring, partition, view);
  return absent.map((target, i) => ({ target, holder: candidates[i] ?? view.self }));
}

export interface Holding extends Place {
  readonly at: RecordKey;
  readonly record: Uint8Array;
  readonly durability: Durability;
}

/**
 * Asks the holder, and holds the hint here where it cannot. A hint never fails the write that it is
 * of: `settle(false)` says that nobody holds it, and repair must find the difference.
 */
export function holdFor(
  collaborators: Collaborators,
  holding: Holding,
  settle: (held: boolean) => void,
): void {
  const { messenger, view, clock, backgroundTimeoutMilliseconds } = collaborators;
  const { holder, target, at, record, durability } = holding;
  if (holder === view.self) {
    holdHere(collaborators, holding, settle);
    return;
  }
  const { namespace, key } = at;
  const deadline = clock.monotonicMilliseconds() + backgroundTimeoutMilliseconds;
  messenger.ask(
    holder,
    HOLD,
    { namespace, key, target, record, durability },
    deadline,
    (answer) => {
      if (answer.ok) settle(true);
      else holdHere(collaborators, holding, settle);
    },
  );
}

function holdHere(
  { hints, observer }: Collaborators,
  { target, at, record, durability }: Holding,
  settle: (held: boolean) => void,
): void {
  const held = async (): Promise<void> => hints.hold(target, at, record, durability).committed;
  held().then(
    () => settle(true),
    (error: unknown) => {
      observer.log('warn', 'a hint could not be held', { target, reason: messageOf(error) });
      settle(false);
    },
  );
}
