/** One whole state to one primary, this node or another: merged, acknowledged when durable. */
import type { NodeId } from '../environment/transport.js';
import { messageOf } from '../errors.js';
import type { RecordKey } from '../persistence/records.js';
import type { Fate } from '../persistence/incoming.js';
import type { Durability } from '../persistence/store.js';
import { byDeadline } from './by-deadline.js';
import type { Collaborators } from './collaborators.js';
import { WRITE, type WireAuditEntry } from './messages.js';

/** A primary holds the copy as durably as asked. */
export interface Stored {
  /** In which start of the primary. */
  readonly start: number;
  /** Where a value of the copy is not live there. */
  readonly fate: Fate | undefined;
}

type World = Pick<
  Collaborators,
  'messenger' | 'replica' | 'view' | 'clock' | 'observer' | 'identity' | 'losses'
>;

/**
 * `settle(undefined)`: failed or unknown. Called once, later, and not long after the deadline.
 * @param audit of a resolution, for a replica elsewhere
 */
export function sendCopy(
  collaborators: World,
  node: NodeId,
  at: RecordKey,
  record: Uint8Array,
  durability: Durability,
  deadline: number,
  settle: (stored: Stored | undefined) => void,
  audit?: WireAuditEntry,
): void {
  const { messenger, replica, view, clock, observer, identity, losses } = collaborators;
  if (node !== view.self) {
    const { namespace, key } = at;
    const copy = { namespace, key, record, durability };
    const body = audit === undefined ? copy : { ...copy, audit };
    messenger.ask(node, WRITE, body, deadline, (answer) => {
      if (!answer.ok) {
        settle(undefined);
        return;
      }
      const { start, lost, fate } = answer.reply;
      losses.learnIn(at.partition, lost);
      settle({ start, fate });
    });
    return;
  }
  // A merge that throws (a full queue, a damaged record) is a refusal like any other.
  const { start } = identity;
  const merged = async (): Promise<Fate | undefined> =>
    byDeadline(clock, replica.mergeAndVouch(at, record, durability), deadline);
  merged().then(
    (fate) => settle({ start, fate }),
    (error: unknown) => {
      observer.log('warn', 'this replica could not merge a copy', { reason: messageOf(error) });
      settle(undefined);
    },
  );
}
