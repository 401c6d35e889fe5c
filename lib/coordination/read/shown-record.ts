/** The own record of a key as a read is shown it, here or at a coordinator elsewhere. */
import type { RecordKey } from '../../persistence/keyspace.js';
import type { StoredRecord } from '../../persistence/record-table.js';
import type { Identity } from '../../replica/identity.js';
import type { Replica } from '../../replica/replica.js';
import type { ShownAtLeast } from '../../rpc/hot-messages.js';
import type { DotSet } from '../../versioning/dot-set.js';
import type { OpenAcceptances } from '../strong/open-acceptances.js';

export interface ShownRecord {
  readonly stored: StoredRecord | undefined;
  /** Empty: nothing is held. */
  readonly fingerprint: string;
  /** Of this node. */
  readonly start: number;
  /** Which of the dots that were asked for it has not seen. */
  readonly missing: DotSet;
}

export interface RecordShownTo {
  readonly at: RecordKey;
  readonly atLeast: ShownAtLeast;
  readonly dots: DotSet;
}

/**
 * Reads it once what is accepted is settled, where that is asked for (K12), and waits until what
 * was read is synced, where that is.
 * @param make what is answered, of what is read, in the same step
 * @throws OperatingError `rebuilding`; or rejects with it
 */
export function showRecord<Answer>(
  parts: {
    readonly replica: Replica;
    readonly identity: Identity;
    readonly openAcceptances: OpenAcceptances;
  },
  shownTo: RecordShownTo,
  make: (shown: ShownRecord) => Answer,
): Answer | Promise<Answer> {
  const { replica, identity, openAcceptances } = parts;
  const { at, atLeast, dots } = shownTo;
  const showNow = (): Answer | Promise<Answer> => {
    const stored = replica.read(at);
    const answer = make({
      stored,
      fingerprint: stored?.fingerprint ?? '',
      start: identity.start,
      missing: replica.unseen(at, stored, dots),
    });
    const wait = atLeast === 'held' ? undefined : replica.whenDurable(at);
    return wait === undefined ? answer : wait.then(() => answer);
  };
  const settled = atLeast === 'settled' ? openAcceptances.settled(at) : undefined;
  return settled === undefined ? showNow() : settled.then(showNow);
}
