/** Records: the stored form of a key's Siblings, checksummed. */
import { LARGE_BYTES } from '../encoding/large.js';
import { assert } from '../errors.js';
import type { Dot } from '../versioning/dot.js';
import type { Siblings, Version, VersionState } from '../versioning/siblings.js';
import { decodeStored, encodeStored } from './checksummed.js';
import type { RecordKey } from './keyspace.js';

const STATES: readonly VersionState[] = ['value', 'tombstone', 'stub'];

/**
 * Checksummed under the storage key:
 * [epoch, writers, ns, [[writer index, n, state, written at, expires at or 0, type, value, past?],
 * ...],
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
      ...(version.past === undefined ? [] : [version.past]),
    ]),
    beyond.flatMap(({ writer, n }) => [writer, n]),
  ]);
}

/** The same with the values left out: for who asks what is there, and not which. */
export function withoutValues(at: RecordKey, siblings: Siblings): Uint8Array {
  return encodeRecord(at, valuelessOf(siblings));
}

/** The same versions with empty values. */
export function valuelessOf(siblings: Siblings): Siblings {
  const value = new Uint8Array(0);
  return { ...siblings, versions: siblings.versions.map((version) => ({ ...version, value })) };
}

/**
 * The siblings of a record; values are views into `bytes`.
 * @throws OperatingError `corrupt_bytes`: damaged, or of another key; `unknown_format`
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

type PlainVersion = [number, number, number, number, number, string, Uint8Array, Uint8Array?];
type PlainRecord = [number, string[], number[], PlainVersion[], (string | number)[]];

function dotsOf(flat: readonly (string | number)[]): Dot[] {
  const dots: Dot[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    dots.push({ writer: flat[i] as string, n: flat[i + 1] as number });
  }
  return dots;
}

function versionOf(writers: readonly string[], plain: PlainVersion): Version {
  const [index, n, state, writtenAt, expiresAt, contentType, value, past] = plain;
  return {
    dot: { writer: writers[index] ?? '', n },
    state: STATES[state] ?? 'value',
    contentType,
    value,
    writtenAt,
    expiresAt: expiresAt === 0 ? undefined : expiresAt,
    ...(past === undefined ? {} : { past }),
  };
}
