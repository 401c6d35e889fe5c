/** Read repair: the merge of what replicas said, written to those that lag (Dynamo 5; R1, R2). */
import type { NodeId } from '../environment/transport.js';
import type { RecordKey } from '../persistence/records.js';
import { encodeRecord } from '../persistence/records.js';
import type { PreferenceList } from '../replication/preference-list.js';
import type { Requirement } from '../replication/quorum.js';
import { Quorum } from '../replication/quorum.js';
import type { Siblings } from '../versioning/siblings.js';
import { fingerprint } from '../versioning/siblings.js';
import type { Collaborators } from './collaborators.js';
import type { Copy } from './read-round.js';
import { sendCopy } from './send-copy.js';

export interface WriteBack {
  readonly at: RecordKey;
  readonly list: PreferenceList;
  /** Never a new version: the merge, under the dots that it has. */
  readonly merged: Siblings;
  readonly copies: ReadonlyMap<NodeId, Copy>;
  readonly mode: 'foreground' | 'background';
  readonly deadline: number;
}

/**
 * Writes the merge to the primaries that answered with less, and, where one of those fails, to the
 * others. True when `requirements` hold it durably; false when they cannot, or the deadline passed.
 */
export function writeBack(
  collaborators: Collaborators,
  repair: WriteBack,
  requirements: readonly Requirement[],
): Promise<boolean> {
  const { at, list, merged, copies, deadline, mode } = repair;
  const whole = fingerprint(merged);
  const quorum = new Quorum(requirements);
  const lagging: NodeId[] = [];
  const spare: NodeId[] = [];
  for (const { node, up } of list.primaries) {
    const copy = copies.get(node);
    if (copy?.fingerprint === whole) quorum.succeed(node);
    else if (copy !== undefined) lagging.push(node);
    else if (up) spare.push(node);
    else quorum.fail(node);
  }
  if (lagging.length === 0 && quorum.state === 'reached') return Promise.resolve(true);
  const bytes = encodeRecord(at, merged);
  return new Promise((resolve) => {
    const check = (): void => {
      if (quorum.state !== 'pending') resolve(quorum.state === 'reached');
    };
    const send = (node: NodeId): void => {
      collaborators.observer.count('quorate_read_repairs_total', { mode });
      sendCopy(collaborators, node, at, bytes, 'sync', deadline, (stored) => {
        if (stored) quorum.succeed(node);
        else {
          quorum.fail(node);
          for (const other of spare.splice(0)) send(other);
        }
        check();
      });
    };
    for (const node of lagging) send(node);
    if (lagging.length === 0) for (const node of spare.splice(0)) send(node);
    check();
  });
}
