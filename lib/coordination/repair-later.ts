/** Background read repair: after an answer, by chance, all primaries are compared (Dynamo 5). */
import type { RecordKey } from '../persistence/records.js';
import type { PreferenceList } from '../replication/preference-list.js';
import { messageOf } from '../errors.js';
import type { Collaborators } from './collaborators.js';
import { ReadRound } from './read-round.js';
import { writeBack } from './write-back.js';

/** Repairs under way, per node. */
const underWay = new WeakMap<Collaborators, number>();

/** Starts a repair, where there is a copy to compare, and not too many are under way. */
export function repairLater(
  collaborators: Collaborators,
  at: RecordKey,
  list: PreferenceList,
): void {
  if (list.primaries.length < 2) return;
  const running = underWay.get(collaborators) ?? 0;
  if (running >= collaborators.backgroundConcurrency) return;
  underWay.set(collaborators, running + 1);
  repair(collaborators, at, list)
    .catch((error: unknown) => {
      collaborators.observer.count('quorate_background_failures_total', { task: 'read repair' });
      collaborators.observer.log('debug', 'read repair failed', { reason: messageOf(error) });
    })
    .finally(() => {
      underWay.set(collaborators, (underWay.get(collaborators) ?? 1) - 1);
    });
}

async function repair(
  collaborators: Collaborators,
  at: RecordKey,
  list: PreferenceList,
): Promise<void> {
  const deadline =
    collaborators.clock.monotonicMilliseconds() + collaborators.backgroundTimeoutMilliseconds;
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
  const all = [{ nodes: [...round.copies.keys()], required: round.copies.size }];
  const { copies } = round;
  await writeBack(collaborators, { at, list, merged, copies, mode: 'background', deadline }, all);
}
