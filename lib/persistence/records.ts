/** Records: the stored form of a key's Siblings, checksummed, and where they lie in the storage. */
import { decode, encode } from '../encoding/codec.js';
import { hash32, hash32Text } from '../encoding/hash.js';
import { OperatingError } from '../errors.js';
import { partitionOf } from '../partitioning/partition.js';
import type { Dot } from '../versioning/dot.js';
import type { Siblings, Version, VersionState } from '../versioning/siblings.js';

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

/** Four digits, so that storage keys of one partition lie side by side. */
export function hexadecimal(partition: number): string {
  return partition.toString(16).padStart(4, '0');
}

const FORMAT = 1;
const HEADER_BYTES = 9;
const STATES: readonly VersionState[] = ['value', 'tombstone', 'stub'];

/**
 * Byte 0 the format, bytes 1 to 8 two 32-bit hashes over storage key and body, then the body:
 * [epoch, writers, ns, [[writer index, n, state, written at, expires at or 0, type, value], ...],
 * [writer, n, ...] of the dots beyond the vector].
 */
export function encodeRecord(at: RecordKey, siblings: Siblings): Uint8Array {
  const { vector, beyond } = siblings.context;
  const writers = [...vector.keys()];
  const body = encode([
    siblings.epoch,
    writers,
    [...vector.values()],
    siblings.versions.map((version) => [
      writers.indexOf(version.dot.writer),
      version.dot.n,
      STATES.indexOf(version.state),
      version.writtenAt,
      version.expiresAt ?? 0,
      version.contentType,
      version.value,
    ]),
    beyond.flatMap(({ writer, n }) => [writer, n]),
  ]);
  const record = new Uint8Array(HEADER_BYTES + body.length);
  record[0] = FORMAT;
  record.set(body, HEADER_BYTES);
  const view = new DataView(record.buffer);
  const seed = hash32Text(at.storageKey);
  view.setUint32(1, hash32(body, seed));
  view.setUint32(5, hash32(body, ~seed >>> 0));
  return record;
}

/**
 * The siblings of a record; values are views into `bytes`.
 * @throws OperatingError `corrupt_bytes`: damaged, of another key, or of a format not known here.
 */
export function decodeRecord(at: RecordKey, bytes: Uint8Array): Siblings {
  const body = bytes.subarray(HEADER_BYTES);
  const seed = hash32Text(at.storageKey);
  if (
    bytes.length <= HEADER_BYTES ||
    bytes[0] !== FORMAT ||
    readUint32(bytes, 1) !== hash32(body, seed) ||
    readUint32(bytes, 5) !== hash32(body, ~seed >>> 0)
  ) {
    throw new OperatingError('corrupt_bytes', 'a record does not match its checksum', {
      details: { partition: at.partition },
    });
  }
  // The checksum vouches for the shape: only encodeRecord writes it.
  const [epoch, writers, ns, versions, flat] = decode(body) as PlainRecord;
  return {
    epoch,
    context: {
      vector: new Map(writers.map((writer, i) => [writer, ns[i] ?? 0])),
      beyond: dotsOf(flat),
    },
    versions: versions.map((version) => versionOf(writers, version)),
  };
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

function readUint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}
