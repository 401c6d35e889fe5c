/**
 * What a session has seen, of all keys: a floor under what its later requests are answered
 * (docs/consistency.md, Sessions). Pure; how it is sealed: session-seal.ts.
 */
import type { Dot } from './dot.js';
import { countDots, type DotSet, keepDots, NO_DOTS, unionDots } from './dot-set.js';
import type { Writer } from './writer.js';

/** Whom a read must ask, for dots that were dropped: nobody, a majority of the owners, all. */
export const FLAGS = ['none', 'majority', 'all'] as const;
export type Flag = (typeof FLAGS)[number];

/** What was seen in one partition. Never changed once made. */
export interface PartitionFloor {
  /** Each was durable at an owner when it entered. */
  readonly dots: DotSet;
  /** Stands for dots that found no room. */
  readonly flag: Flag;
  /** Is some of the dots not known to be durable at a majority of the owners? */
  readonly one: boolean;
  /**
   * How often the owners had lost the partition when the request began that saw the first of it
   * (`Losses.markOf`): an owner that lost it since may have been the only one that had a dot.
   */
  readonly mark: number;
}

/** Never changed once made. */
export interface SessionToken {
  /** The latest ring epoch of what went into it. */
  readonly epoch: number;
  /** Of partitions in which something was seen. */
  readonly floors: ReadonlyMap<number, PartitionFloor>;
}

export const NO_FLOOR: PartitionFloor = { dots: NO_DOTS, flag: 'none', one: false, mark: 0 };
/** Of a session that has seen nothing. */
export const NOTHING_SEEN_YET: SessionToken = { epoch: 0, floors: new Map() };

export function isEmptyFloor({ dots, flag }: PartitionFloor): boolean {
  return dots.size === 0 && flag === 'none';
}

export function hasFlags({ floors }: SessionToken): boolean {
  for (const { flag } of floors.values()) if (flag !== 'none') return true;
  return false;
}

export function floorOf(token: SessionToken, partition: number): PartitionFloor {
  return token.floors.get(partition) ?? NO_FLOOR;
}

/** What either asks for; one of the two, where that suffices. */
export function joinFloors(a: PartitionFloor, b: PartitionFloor): PartitionFloor {
  if (isEmptyFloor(b)) return a;
  if (isEmptyFloor(a)) return b;
  const joined = {
    dots: unionDots(a.dots, b.dots),
    flag: FLAGS.indexOf(a.flag) < FLAGS.indexOf(b.flag) ? b.flag : a.flag,
    one: a.one || b.one,
    mark: Math.min(a.mark, b.mark),
  };
  if (isSameFloor(joined, a)) return a;
  return isSameFloor(joined, b) ? b : joined;
}

/** What either has seen; one of the two, where that suffices: whoever knows its text has it. */
export function joinTokens(a: SessionToken, b: SessionToken): SessionToken {
  if (a.floors.size === 0 && a.epoch <= b.epoch) return b;
  const floors = new Map(a.floors);
  let grown = b.epoch > a.epoch;
  for (const [partition, floor] of b.floors) {
    const known = floorOf(a, partition);
    const joined = joinFloors(known, floor);
    if (joined === known) continue;
    floors.set(partition, joined);
    grown = true;
  }
  return grown ? { epoch: Math.max(a.epoch, b.epoch), floors } : a;
}

/** The token that has also seen `floor`; the very same where it had. */
export function withFloor(
  token: SessionToken,
  partition: number,
  floor: PartitionFloor,
): SessionToken {
  const known = floorOf(token, partition);
  const joined = joinFloors(known, floor);
  if (joined === known) return token;
  return { ...token, floors: new Map(token.floors).set(partition, joined) };
}

/**
 * Without the dots that every owner holds or covers on its disk, whatever becomes of the nodes: no
 * later answer can lack them. The very same token where there are none.
 */
export function withoutStable(
  token: SessionToken,
  isStable: (partition: number, dot: Dot) => boolean,
): SessionToken {
  const floors = new Map<number, PartitionFloor>();
  let changed = false;
  for (const [partition, floor] of token.floors) {
    const dots = keepDots(floor.dots, (dot) => !isStable(partition, dot));
    if (dots !== floor.dots) changed = true;
    const left = dots === floor.dots ? floor : { ...floor, dots, one: floor.one && dots.size > 0 };
    if (!isEmptyFloor(left)) floors.set(partition, left);
  }
  return changed ? { ...token, floors } : token;
}

/**
 * Makes a token fit: the partitions with the most in them become flags. Dots that are all known at
 * a majority are met by any majority; else all owners must be asked.
 * @param sizeOf bytes of a token
 */
export function bounded(
  token: SessionToken,
  bytesMax: number,
  sizeOf: (token: SessionToken) => number,
): SessionToken {
  let fitting = token;
  let over = sizeOf(fitting) - bytesMax;
  if (over <= 0) return token;
  const writers = writerUses(token);
  const largest = [...token.floors]
    .filter(([, { dots }]) => dots.size > 0)
    .map(([partition, { dots }]) => ({ partition, bytes: bytesOf(dots, writers) }))
    .sort((a, b) => b.bytes - a.bytes);
  while (over > 0) {
    const floors = new Map(fitting.floors);
    if (largest.length === 0) return withoutMarks(fitting);
    for (let freed = 0; freed < over; ) {
      const next = largest.shift();
      if (next === undefined) break;
      floors.set(next.partition, flagged(floorOf(fitting, next.partition)));
      freed += next.bytes;
    }
    fitting = { ...fitting, floors };
    over = sizeOf(fitting) - bytesMax;
  }
  return fitting;
}

function flagged({ flag, one, mark }: PartitionFloor): PartitionFloor {
  return { dots: NO_DOTS, flag: one || flag === 'all' ? 'all' : 'majority', one: false, mark };
}

/** As if the first had been seen before any loss: asked for more than is needed, never for less. */
function withoutMarks(token: SessionToken): SessionToken {
  const floors = [...token.floors].map(([partition, floor]) => {
    return [partition, { ...floor, mark: 0 }] as const;
  });
  return { ...token, floors: new Map(floors) };
}

/** About: a row of the table of writers, an index, a first number, and a byte for each further. */
const WRITER_BYTES = 22;
const FIRST_BYTES = 6;

function bytesOf(dots: DotSet, uses: ReadonlyMap<Writer, number>): number {
  let bytes = countDots(dots);
  for (const writer of dots.keys()) bytes += FIRST_BYTES + WRITER_BYTES / (uses.get(writer) ?? 1);
  return bytes;
}

function writerUses({ floors }: SessionToken): Map<Writer, number> {
  const uses = new Map<Writer, number>();
  for (const { dots } of floors.values()) {
    for (const writer of dots.keys()) uses.set(writer, (uses.get(writer) ?? 0) + 1);
  }
  return uses;
}

function isSameFloor(a: PartitionFloor, b: PartitionFloor): boolean {
  return a.dots === b.dots && a.flag === b.flag && a.one === b.one && a.mark === b.mark;
}
