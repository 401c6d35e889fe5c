/** Testimony between owners: asked for, given, and judged (testimony.ts). */
import { type RecordKey, recordKey } from '../persistence/keyspace.js';
import type { FilterVerdict } from '../replica/group-apply.js';
import type { Dot } from '../versioning/dot.js';
import type { AntiEntropyCollaborators } from './collaborators.js';
import { backgroundDeadline } from './collaborators.js';
import { TESTIFY } from './messages.js';
import { verdictOn, wordOn } from './testimony.js';

type TestimonyWorld = Pick<
  AntiEntropyCollaborators,
  | 'ownership'
  | 'messenger'
  | 'table'
  | 'clocks'
  | 'health'
  | 'clock'
  | 'backgroundTimeoutMilliseconds'
>;

/** Registers the handler; called once, when the ring is known. */
export function serveTestimony({
  ownership,
  messenger,
  table,
  clocks,
  health,
}: TestimonyWorld): void {
  messenger.handle(TESTIFY, ({ namespace, key, dots }, { from }) => {
    const at = recordKey(namespace, key, ownership.partitionCount);
    ownership.assertOwns(from, at.partition);
    const { partition } = at;
    const own = health.isRebuilding(partition) ? undefined : table.read(at)?.siblings;
    return {
      rebuilding: health.isRebuilding(partition),
      words: dots.map((dot) => wordOn(dot, own, clocks.of(partition))),
      persisted: dots.map((dot) => clocks.persisted(partition).has(dot)),
    };
  });
}

/**
 * Asks all other owners what became of versions that were seen here and are not there any more.
 * @throws OperatingError where one of them cannot be asked: then nothing is known
 */
export async function askOwners(
  world: TestimonyWorld,
  at: RecordKey,
  dots: readonly Dot[],
): Promise<FilterVerdict> {
  const { messenger, clocks } = world;
  const { namespace, key, partition } = at;
  const deadline = backgroundDeadline(world);
  const request = { namespace, key, dots: [...dots] };
  const others = await Promise.all(
    world.ownership
      .othersOf(partition)
      .map((peer) => messenger.request(peer, TESTIFY, request, deadline)),
  );
  const own = dots.map((dot) => clocks.persisted(partition).has(dot));
  return verdictOn(own, others);
}
