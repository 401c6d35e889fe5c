/** Dot statuses: owners ask each other for them, answer, and judge the answers (dot-status.ts). */
import type { Ownership } from '../partitioning/ownership.js';
import type { PartitionClocks } from '../replica/partition-clocks.js';
import type { Questions } from './questions.js';
import type { Messenger } from '../rpc/messenger.js';
import { type RecordKey, recordKey } from '../persistence/keyspace.js';
import type { FilterVerdict } from '../replica/group-apply.js';
import type { Dot } from '../versioning/dot.js';
import { DOT_STATUS } from './messages.js';
import { droppedOrDamaged, dotStatusOf } from './dot-status.js';
import { type RecordReading, readOrDamage } from './read-or-damage.js';

export interface DotStatusOptions extends RecordReading {
  readonly ownership: Ownership;
  readonly clocks: PartitionClocks;
}

/** Registers the handler; called once, when the ring is known. */
export function serveDotStatus(messenger: Messenger, options: DotStatusOptions): void {
  const { ownership, clocks, health } = options;
  messenger.handle(DOT_STATUS, ({ namespace, key, dots }, { from }) => {
    const at = recordKey(namespace, key, ownership.partitionCount);
    ownership.assertOwns(from, at.partition);
    const { partition } = at;
    // Where the record is damaged, the partition is under rebuild from here on.
    const own = health.isRebuilding(partition) ? undefined : readOrDamage(options, at)?.siblings;
    return {
      rebuilding: health.isRebuilding(partition),
      statuses: dots.map((dot) => dotStatusOf(dot, own, clocks.of(partition))),
      persisted: dots.map((dot) => clocks.persisted(partition).has(dot)),
    };
  });
}

/**
 * Asks all other owners what became of versions that were seen here and are not there any more.
 * @throws OperatingError where one of them cannot be asked: then nothing is known
 */
export async function askOwners(
  options: Pick<DotStatusOptions, 'ownership' | 'clocks'> & { readonly questions: Questions },
  at: RecordKey,
  dots: readonly Dot[],
): Promise<FilterVerdict> {
  const { ownership, clocks, questions } = options;
  const { namespace, key, partition } = at;
  const { deadline } = questions;
  const request = { namespace, key, dots: [...dots] };
  // As it is before the others answer: what was collected here by now, it has. Later it may have
  // written what is lost here, or be that of another generation.
  const own = dots.map((dot) => clocks.persisted(partition).has(dot));
  const others = await Promise.all(
    ownership.othersOf(partition).map((peer) => questions.ask(peer, DOT_STATUS, request, deadline)),
  );
  return droppedOrDamaged(own, others);
}
