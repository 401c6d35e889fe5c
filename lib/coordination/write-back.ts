/** Read repair: the merge of what replicas said, written to those that lag (Dynamo 5; R1, R2). */
import type { NodeId } from '../environment/transport.js';
import type { RecordKey } from '../persistence/records.js';
import { encodeRecord } from '../persistence/records.js';
import type { PreferenceList } from '../replication/preference-list.js';
import type { Requirement } from '../replication/quorum.js';
import type { Quorum } from '../replication/quorum.js';
import type { Siblings } from '../versioning/siblings.js';
import { fingerprint, versionsBehind } from '../versioning/siblings.js';
import type { Collaborators } from './collaborators.js';
import { countedIn } from './counted.js';
import { holdFor } from './hold.js';
import { type Copy, copyOf } from './copy.js';
import { sendCopy, type Stored } from './send-copy.js';

export interface WriteBack {
  readonly at: RecordKey;
  readonly list: PreferenceList;
  /** Never a new version: the merge, under the dots that it has. */
  readonly merged: Siblings;
  readonly copies: readonly Copy[];
  readonly mode: 'foreground' | 'background';
  /** Was it promised? Then a replica that could not be repaired gets a hint. */
  readonly promised: boolean;
  readonly deadline: number;
}

/**
 * `reached`: the requirements hold the merge durably. `lost`: they cannot, or it is late.
 * `overtaken`: a replica has dropped a value of it, which may have ended before the read began.
 */
export type Outcome = 'reached' | 'lost' | 'overtaken';

export interface WrittenBack {
  readonly outcome: Promise<Outcome>;
  /** Resolves when each that it was sent to holds it or failed, soon after the deadline at most. */
  readonly settled: Promise<void>;
}

interface Standing {
  readonly quorum: Quorum;
  /** They answered with less. */
  readonly lagging: readonly NodeId[];
  /** Up, and not asked. */
  readonly spare: NodeId[];
}

/**
 * Writes the merge to the primaries that answered with less, and, where `requirements` need more
 * than those, to the others.
 */
export function writeBack(
  collaborators: Collaborators,
  repair: WriteBack,
  requirements: readonly Requirement[],
): WrittenBack {
  const { at, merged, deadline } = repair;
  const whole = fingerprint(merged);
  const { quorum, lagging, spare } = standing(collaborators, repair, whole, requirements);
  const bytes = encodeRecord(at, merged);
  const checks: (() => void)[] = [];
  let open = 0;
  let overtaken = false;
  const send = (node: NodeId): void => {
    collaborators.observer.count('quorate_read_repairs_total', { mode: repair.mode });
    open += 1;
    sendCopy(collaborators, node, at, bytes, 'sync', deadline, (stored) => {
      open -= 1;
      if (stored === undefined) {
        quorum.fail(node);
        noteFailed(collaborators, repair, node, bytes);
      } else if (hasDropped(stored, copyOf(repair.copies, node))) overtaken = true;
      else quorum.succeed(node, stored.start);
      // Also where an answer has shown that another counts no more.
      const isShort = !overtaken && (stored === undefined || open === 0);
      if (isShort && quorum.state !== 'reached') for (const other of spare.splice(0)) send(other);
      for (const check of checks) check();
    });
  };
  for (const node of lagging) {
    noteBehind(collaborators, repair, node, whole);
    send(node);
  }
  if (lagging.length === 0 && quorum.state === 'pending') {
    for (const node of spare.splice(0)) send(node);
  }
  const once = <T>(outcome: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const check = (): void => {
        const result = outcome();
        if (result !== undefined) resolve(result);
      };
      checks.push(check);
      check();
    });
  const outcome = (): Outcome | undefined => {
    if (overtaken) return 'overtaken';
    const { state } = quorum;
    return state === 'pending' ? undefined : state;
  };
  return {
    outcome: once(outcome),
    settled: once(() => (open === 0 ? open : undefined)).then(() => undefined),
  };
}

/**
 * What a replica had collected by then, or held nothing of when it was asked and has superseded by
 * now, may have been deleted before the read began (R5). What is only superseded by a later write
 * was there when the read began: a busy key is not read again for it.
 */
function hasDropped({ fate }: Stored, copy: Copy | undefined): boolean {
  return fate === 'collected' || (fate === 'ended' && copy?.fingerprint === '');
}

function standing(
  collaborators: Collaborators,
  { at, list, copies }: WriteBack,
  whole: string,
  requirements: readonly Requirement[],
): Standing {
  const quorum = countedIn(collaborators, at.partition, requirements);
  const lagging: NodeId[] = [];
  const spare: NodeId[] = [];
  for (const { node, up } of list.primaries) {
    const copy = copyOf(copies, node);
    if (copy?.fingerprint === whole) quorum.succeed(node, copy.start);
    else if (copy !== undefined) lagging.push(node);
    else if (up) spare.push(node);
    else quorum.fail(node);
  }
  return { quorum, lagging, spare };
}

/** The ledger: who was behind, how often, and by how many versions. */
function noteBehind(
  { observer }: Collaborators,
  { copies }: WriteBack,
  replica: NodeId,
  whole: string,
): void {
  const versions = versionsBehind(copyOf(copies, replica)?.fingerprint ?? '', whole);
  observer.count('quorate_replicas_behind_total', { replica });
  observer.count('quorate_replicas_behind_versions_total', { replica }, versions);
}

/** Whoever asked for the repair has been told, or will be: what failed must not be forgotten. */
function noteFailed(
  collaborators: Collaborators,
  { at, promised }: WriteBack,
  target: NodeId,
  record: Uint8Array,
): void {
  collaborators.observer.count('quorate_read_repair_failures_total', { replica: target });
  const { self } = collaborators.view;
  if (!promised || target === self) return;
  const hint = { holder: self, target, at, record, durability: 'sync' } as const;
  holdFor(collaborators, hint, () => undefined);
}
