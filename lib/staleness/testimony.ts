/** What an owner reports to another of what it holds, and has not reported before. Pure. */
import { OperatingError } from '../errors.js';
import type { ClockChanges } from '../replica/clock-changes.js';
import type { Dot } from '../versioning/dot.js';
import {
  isPlainClock,
  type PartitionClock,
  type PlainClock,
} from '../versioning/partition-clock.js';
import type { Writer } from '../versioning/writer.js';
import type { Accepted } from './accepted-dots.js';

/**
 * A page of what one owner has seen of the partitions that it shares with another. Invariant: once
 * the last page is taken, whoever took all of them knows the clocks as they were when that page was
 * made, and what was accepted and not learned then.
 */
export interface Testimony {
  /** Of the process that reports; what one before it has reported is void. */
  readonly life: string;
  /** Everything that changed up to this number was reported. */
  readonly upTo: number;
  /** Is this the last page? */
  readonly isLast: boolean;
  /** Partitions whose clock was emptied since: what was reported of them before is void. */
  readonly emptied: readonly number[];
  /** Partitions of which it can vouch for nothing now. */
  readonly silent: readonly number[];
  readonly seen: readonly (readonly [partition: number, entry: PlainClock[number]])[];
  /** What is accepted at `strong`, and not learned here. */
  readonly accepted: readonly (readonly [partition: number, dot: Dot])[];
}

/** What this owner holds, as a testimony needs it. */
export interface Held {
  readonly changes: Pick<ClockChanges, 'last' | 'since' | 'emptiedSince'>;
  clockOf(partition: number): PartitionClock;
  /** Does its clock have all that its records hold, and is it not under rebuild? */
  vouchesFor(partition: number): boolean;
  /** What is accepted at `strong` and not learned. To look may find damage. */
  accepted(): Accepted;
}

/** As it travels: each writer is named once. */
export interface PlainTestimony {
  life: string;
  upTo: number;
  isLast: boolean;
  emptied: number[];
  silent: number[];
  writers: Writer[];
  /** [partition, place of the writer, prefix, runs...]; see `PlainClock`. */
  seen: number[][];
  /** [partition, place of the writer, number]. */
  accepted: number[][];
}

/** Of the testimony that was taken last; life '' for none. */
export interface Asked {
  readonly life: string;
  readonly since: number;
}

export interface TestimonySource {
  readonly held: Held;
  /** Of this process. */
  readonly life: string;
  /** The partitions that both own. */
  readonly shared: ReadonlySet<number>;
  /** About so much of what was seen in one page; one entry at least. */
  readonly pageBytesMax: number;
}

/** Bytes that a number takes in a message, about. */
const NUMBER_BYTES = 3;

/** What is new for a peer that has taken so much already. */
export function testify(source: TestimonySource, asked: Asked): PlainTestimony {
  const { held, life, shared, pageBytesMax } = source;
  const since = asked.life === life ? asked.since : 0;
  const accepted = held.accepted();
  const { last } = held.changes;
  const writers = new WriterTable();
  const seen: number[][] = [];
  let upTo = since;
  let bytes = 0;
  const changed = held.changes.since(since, (partition) => shared.has(partition));
  for (const change of changed) {
    if (bytes > pageBytesMax) break;
    const { partition, writer, number } = change;
    const [, prefix, runs] = held.clockOf(partition).entryOf(writer) ?? [writer, 0, []];
    const row = [partition, writers.placeOf(writer), prefix, ...runs];
    seen.push(row);
    bytes += row.length * NUMBER_BYTES;
    upTo = number;
  }
  const isLast = seen.length === changed.length;
  return {
    life,
    upTo: isLast ? last : upTo,
    isLast,
    emptied: held.changes.emptiedSince(since).filter((partition) => shared.has(partition)),
    silent: [...shared].filter((one) => accepted.get(one) === 'unknown' || !held.vouchesFor(one)),
    seen,
    accepted: [...accepted].flatMap(([partition, dots]) => {
      if (dots === 'unknown' || !shared.has(partition)) return [];
      return dots.map(({ writer, n }) => [partition, writers.placeOf(writer), n]);
    }),
    writers: writers.names,
  };
}

/** @throws OperatingError `corrupt_bytes` where a row names a writer that is not there */
export function testimonyOf(plain: PlainTestimony): Testimony {
  const { life, upTo, isLast, emptied, silent, writers } = plain;
  const writerAt = (place: number | undefined): Writer => {
    const writer = writers[place ?? -1];
    if (writer === undefined) throw noTestimony();
    return writer;
  };
  const seen = plain.seen.map(([partition = -1, place, prefix = 0, ...runs]) => {
    return [partition, [writerAt(place), prefix, runs] as PlainClock[number]] as const;
  });
  if (!seen.every(([, entry]) => isPlainClock([entry]))) throw noTestimony();
  const accepted = plain.accepted.map(([partition = -1, place, n = 0]) => {
    return [partition, { writer: writerAt(place), n }] as const;
  });
  return { life, upTo, isLast, emptied, silent, seen, accepted };
}

function noTestimony(): OperatingError {
  return new OperatingError('corrupt_bytes', 'what a peer said of its holdings cannot be read');
}

/** Each writer once: a row names its place. */
class WriterTable {
  readonly names: Writer[] = [];
  readonly #places = new Map<Writer, number>();

  placeOf(writer: Writer): number {
    let place = this.#places.get(writer);
    if (place === undefined) {
      place = this.names.length;
      this.names.push(writer);
      this.#places.set(writer, place);
    }
    return place;
  }
}
