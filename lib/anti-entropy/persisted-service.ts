/** Tells other owners what is on the disk of this node, so that they may collect (E2). */
import { isUnknownFormat } from '../errors.js';
import type { Ownership } from '../partitioning/ownership.js';
import { recordKey } from '../persistence/keyspace.js';
import type { Store } from '../persistence/store.js';
import type { PartitionClocks } from '../replica/partition-clocks.js';
import type { Messenger } from '../rpc/messenger.js';
import type { Dot } from '../versioning/dot.js';
import { find } from '../versioning/siblings.js';
import { PERSISTED } from './messages.js';
import { type RecordReading, readOrDamage } from './read-or-damage.js';

export interface PersistedOptions extends RecordReading {
  readonly ownership: Ownership;
  readonly clocks: PartitionClocks;
  readonly store: Store;
}

/** A key, and the dots of its stubs at the owner that asks. */
interface Stubs {
  readonly namespace: string;
  readonly key: string;
  readonly dots: readonly Dot[];
}

/** Registers the handler; called once, when the ring is known. */
export function servePersisted(messenger: Messenger, options: PersistedOptions): void {
  const { health, clocks, store, ownership } = options;
  messenger.handle(PERSISTED, async ({ partition, stubs }, { from }) => {
    ownership.assertShared(partition, from);
    const vouchesForNothing = { clock: null, valued: stubs.map(() => false) };
    if (health.isRebuilding(partition)) return vouchesForNothing;
    const valued = stubs.map((stub) => holdsValue(options, stub));
    // One of the records may just have been found damaged.
    if (health.isRebuilding(partition)) return vouchesForNothing;
    const clock = clocks.persisted(partition).toPlain();
    // A stub has the dot of its value, so no clock says whether it is on the disk: before it is,
    // a crash makes it a value again, and who has collected it would take itself for damaged.
    await Promise.all(
      stubs.map(({ namespace, key }) => {
        return store.whenDurable(recordKey(namespace, key, ownership.partitionCount).storageKey);
      }),
    );
    return { clock, valued };
  });
}

/** True also where another build wrote the record: nobody here can say that it holds none. */
function holdsValue(options: PersistedOptions, { namespace, key, dots }: Stubs): boolean {
  const { ownership } = options;
  const at = recordKey(namespace, key, ownership.partitionCount);
  ownership.assertOwns(ownership.self, at.partition);
  // Of a tombstone nothing is asked beyond the clock.
  if (dots.length === 0) return false;
  try {
    const siblings = readOrDamage(options, at)?.siblings;
    return siblings !== undefined && dots.some((dot) => find(siblings, dot)?.state === 'value');
  } catch (error) {
    if (isUnknownFormat(error)) return true;
    throw error;
  }
}
