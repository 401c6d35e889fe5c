/** One whole state to one primary, this node or another: merged, acknowledged when durable. */
import type { NodeId } from '../environment/transport.js';
import { messageOf } from '../errors.js';
import type { RecordKey } from '../persistence/records.js';
import type { Durability } from '../persistence/store.js';
import { byDeadline } from './by-deadline.js';
import type { Collaborators } from './collaborators.js';
import { WRITE, type WireAuditEntry } from './messages.js';

/**
 * `settle(true)`: held as durably as asked; `false`: failed or unknown. Called once, later, and
 * not long after the deadline.
 * @param audit of a resolution, for a replica elsewhere
 */
export function sendCopy(
  collaborators: Pick<Collaborators, 'messenger' | 'replica' | 'view' | 'clock' | 'observer'>,
  node: NodeId,
  at: RecordKey,
  record: Uint8Array,
  durability: Durability,
  deadline: number,
  settle: (stored: boolean) => void,
  audit?: WireAuditEntry,
): void {
  const { messenger, replica, view, clock, observer } = collaborators;
  if (node !== view.self) {
    const { namespace, key } = at;
    const copy = { namespace, key, record, durability };
    const body = audit === undefined ? copy : { ...copy, audit };
    messenger.ask(node, WRITE, body, deadline, (answer) => settle(answer.ok));
    return;
  }
  // A merge that throws (a full queue, a damaged record) is a refusal like any other.
  const merged = async (): Promise<void> =>
    byDeadline(clock, replica.mergeAndVouch(at, record, durability), deadline);
  merged().then(
    () => settle(true),
    (error: unknown) => {
      observer.log('warn', 'this replica could not merge a copy', { reason: messageOf(error) });
      settle(false);
    },
  );
}
