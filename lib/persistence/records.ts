/** Records: the stored form of a key's Siblings, checksummed, and where they lie in the storage. */
import { LARGE_BYTES } from '../encoding/large.js';
import { assert } from '../errors.js';
import { partitionOf } from '../partitioning/partition.js';
import type { Dot } from '../versioning/dot.js';
import type { Siblings, Version, VersionState } from '../versioning/siblings.js';
import { decodeStored, encodeStored } from './checksummed.js';

/** A key with what follows from it. */
export interface RecordKey {
  readonly namespace: string;
  readonly key: string;
  readonly partition: number;
  /** `r`, four hexadecimal digits of the partition, the namespace, U+0000, the key. */
  readonly storageKey: string;
}

export function recordKey(namespace: string, key: string, partitionCount: number): RecordKey {
  return recordKeyIn(partitionOf(namespace, key, partitionCount), namespace, key);
}

/** The same where the partition is known: of what is stored already. */
export function recordKeyIn(partition: number, namespace: string, key: string): RecordKey {
  return {
    namespace,
    key,
    partition,
    storageKey: `r${hexadecimal(partition)}${namespace}\u0000${key}`,
  };
}

/** The same from where a record lies. */
export function recordKeyOf(storageKey: string): RecordKey {
  const split = storageKey.indexOf('\u0000');
  return {
    namespace: storageKey.slice(1 + PARTITION_DIGITS, split),
    key: storageKey.slice(split + 1),
    partition: Number.parseInt(storageKey.slice(1, 1 + PARTITION_DIGITS), 16),
    storageKey,
  };
}

/** The records of a partition lie from here ... */
export function partitionStart(partition: number): string {
  return `r${hexadecimal(partition)}`;
}

/** ... to before here. */
export function partitionEnd(partition: number): string {
  return partitionStart(partition + 1);
}

const PARTITION_DIGITS = 4;

/** By partition, as they were asked for: every request does. */
const hexadecimals = new Map<number, string>();

/** Four digits, so that storage keys of one partition lie side by side. */
export function hexadecimal(partition: number): string {
  let digits = hexadecimals.get(partition);
  if (digits === undefined) {
    digits = partition.toString(16).padStart(PARTITION_DIGITS, '0');
    hexadecimals.set(partition, digits);
  }
  return digits;
}

const STATES: readonly VersionState[] = ['value', 'tombstone', 'stub'];

/**
 * Checksummed under the storage key:
 * [epoch, writers, ns, [[writer index, n, state, written at, expires at or 0, type, value], ...],
 * [writer, n, ...] of the dots beyond the vector].
 */
export function encodeRecord(at: RecordKey, siblings: Siblings): Uint8Array {
  const { vector, beyond } = siblings.context;
  const writers = [...vector.keys()];
  return encodeStored(at.storageKey, [
    siblings.epoch,
    writers,
    [...vector.values()],
    siblings.versions.map((version) => [
      indexOf(writers, version.dot.writer),
      version.dot.n,
      STATES.indexOf(version.state),
      version.writtenAt,
      version.expiresAt ?? 0,
      version.contentType,
      version.value,
    ]),
    beyond.flatMap(({ writer, n }) => [writer, n]),
  ]);
}

/**
 * The siblings of a record; values are views into `bytes`.
 * @throws OperatingError `corrupt_bytes`: damaged, of another key, or of a format not known here.
 */
export function decodeRecord(at: RecordKey, bytes: Uint8Array): Siblings {
  const [epoch, writers, ns, versions, flat] = decodeStored(at.storageKey, bytes) as PlainRecord;
  return {
    epoch,
    context: {
      vector: new Map(writers.map((writer, i) => [writer, ns[i] ?? 0])),
      beyond: dotsOf(flat),
    },
    versions: versions.map((version) => versionOf(writers, version)),
  };
}

/**
 * The siblings of `bytes`, as they are kept: large values as parts of it, not beside it. Reading a
 * record again costs less than keeping them twice.
 */
export function withinRecord(at: RecordKey, siblings: Siblings, bytes: Uint8Array): Siblings {
  return bytes.length < LARGE_BYTES ? siblings : decodeRecord(at, bytes);
}

function indexOf(writers: readonly string[], writer: string): number {
  const index = writers.indexOf(writer);
  assert(index >= 0, 'the vector covers every version that is held');
  return index;
}

type PlainVersion = [number, number, number, number, number, string, Uint8Array];
type PlainRecord = [number, string[], number[], PlainVersion[], (string | number)[]];

function dotsOf(flat: readonly (string | number)[]): Dot[] {
  const dots: Dot[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    dots.push({ writer: flat[i] as string, n: flat[i + 1] as number });
  }
  return dots;
}

function versionOf(writers: readonly string[], plain: PlainVersion): Version {
  const [index, n, state, writtenAt, expiresAt, contentType, value] = plain;
  return {
    dot: { writer: writers[index] ?? '', n },
    state: STATES[state] ?? 'value',
    contentType,
    value,
    writtenAt,
    expiresAt: expiresAt === 0 ? undefined : expiresAt,
  };
}
