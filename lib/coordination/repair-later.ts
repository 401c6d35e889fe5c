/** Background read repair: after an answer all primaries are compared (Dynamo 5). */
import type { RecordKey } from '../persistence/records.js';
import type { PreferenceList } from '../replication/preference-list.js';
import { messageOf } from '../errors.js';
import type { Collaborators } from './collaborators.js';
import { ReadRound } from './read-round.js';
import { writeBack } from './write-back.js';

export interface Repair {
  readonly at: RecordKey;
  readonly list: PreferenceList;
  /** Did the request ask for it? Then it waits for its turn; by chance it is only done at once. */
  readonly promised: boolean;
}

interface Repairs {
  running: number;
  readonly waiting: Repair[];
}

/** Each keeps a key and a preference list: together some MiB at most. */
const WAITING_MAX = 1000;
/** Repairs of each node. */
const repairsOf = new WeakMap<Collaborators, Repairs>();

/** False where as many repairs wait already as may, and this one was promised. */
export function repairLater(collaborators: Collaborators, repair: Repair): boolean {
  if (repair.list.primaries.length < 2) return true;
  const repairs = repairsOf.get(collaborators) ?? { running: 0, waiting: [] };
  repairsOf.set(collaborators, repairs);
  if (repairs.running < collaborators.backgroundConcurrency) {
    begin(collaborators, repairs, repair);
    return true;
  }
  if (!repair.promised) return true;
  if (repairs.waiting.length >= WAITING_MAX) return false;
  repairs.waiting.push(repair);
  return true;
}

function begin(collaborators: Collaborators, repairs: Repairs, repair: Repair): void {
  const { clock, backgroundTimeoutMilliseconds } = collaborators;
  repairs.running += 1;
  compare(collaborators, repair, clock.monotonicMilliseconds() + backgroundTimeoutMilliseconds)
    .catch((error: unknown) => {
      collaborators.observer.count('quorate_background_failures_total', { task: 'read repair' });
      collaborators.observer.log('debug', 'read repair failed', { reason: messageOf(error) });
    })
    .finally(() => {
      repairs.running -= 1;
      const next = repairs.waiting.shift();
      if (next !== undefined) begin(collaborators, repairs, next);
    });
}

/**
 * Asks all primaries for fingerprints, and for values only where those differ; resolves when each
 * that lags holds the merge or failed.
 */
export async function compare(
  collaborators: Collaborators,
  { at, list, promised }: Repair,
  deadline: number,
): Promise<void> {
  const look = { at, list, deadline, durable: false } as const;
  const glance = new ReadRound(collaborators, {
    ...look,
    first: 'fingerprint',
    others: 'fingerprint',
  });
  await glance.exhaust();
  if (glance.agrees) return;
  const round = new ReadRound(collaborators, { ...look, first: 'full', others: 'full' });
  await round.exhaust();
  const merged = round.merged();
  if (merged === undefined) return;
  const { copies } = round;
  const back = { at, list, merged, copies, mode: 'background', promised, deadline } as const;
  await writeBack(collaborators, back, []).settled;
}
