/** Tombstones and stubs that are due, in groups that one question to the other owners holds. */
import { groupsWithin } from '../encoding/cut-list.js';
import { messageBytesMax } from '../encoding/frame.js';
import type { RecordKey } from '../persistence/keyspace.js';
import type { StoredRecord } from '../persistence/record-table.js';
import type { Dot } from '../versioning/dot.js';

export interface Candidate {
  readonly at: RecordKey;
  readonly record: StoredRecord;
  readonly stubs: readonly Dot[];
}

/** What the other owners are asked about it. */
export function questionOf({ at: { namespace, key }, stubs }: Candidate) {
  return { namespace, key, dots: [...stubs] };
}

/** Each of one partition. @param bytesMax of one question */
export function groupsOf(
  candidates: readonly Candidate[],
  bytesMax: number,
): (readonly [partition: number, group: readonly Candidate[]])[] {
  const byPartition = new Map<number, Candidate[]>();
  for (const candidate of candidates) {
    const { partition } = candidate.at;
    const known = byPartition.get(partition);
    if (known === undefined) byPartition.set(partition, [candidate]);
    else known.push(candidate);
  }
  const bytes = (part: Candidate): number => messageBytesMax(questionOf(part));
  return [...byPartition].flatMap(([partition, all]) =>
    groupsWithin(all, bytes, bytesMax).map((group) => [partition, group] as const),
  );
}
