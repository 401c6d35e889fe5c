/**
 * When a flag of a session token may go, and what takes its place (docs/architecture.md, T7). Pure.
 *
 * A flag stands for dots that nobody knows any more. Each was durable at an owner when a session
 * saw it. So once all owners were asked, after that, what they hold, each such dot is in one of
 * their clocks, or what superseded it is. What the disks of all owners have no answer can lack; the
 * rest is named in the place of the flag.
 */
import { majority } from '../../replication/quorum.js';
import { countDots, type DotSet, dotSetOf, unionDots } from '../../versioning/dot-set.js';
import type { Dot } from '../../versioning/dot.js';
import type { PartitionClock } from '../../versioning/partition-clock.js';
import type { PartitionFloor } from '../../versioning/session-token.js';

/** More dots than this take the place of no flag: a token has no room for them. */
export const UNSTABLE_MAX = 64;

/** What all owners said that they hold of a partition, on their disks. */
export interface HeldByAll {
  /** The questions were sent after all that was met up to this moment, and before all later. */
  readonly askedAt: number;
  /** What some disk has, and not the disks of all. */
  readonly dots: DotSet;
  /** Is one of them on fewer disks than those of a majority of the owners? */
  readonly one: boolean;
  /** How often owners had lost the partition when they were asked, and when all had answered. */
  readonly mark: number;
}

/**
 * @param sets by epoch, the clock of each owner: complete, as it lies on its disk, written after
 * the question came, at a time when the owner had accepted nothing that it had not learned
 * @returns undefined: too much
 */
export function unstableOf(
  sets: readonly (readonly PartitionClock[])[],
): Pick<HeldByAll, 'dots' | 'one'> | undefined {
  const clocks = sets.flat();
  const missing: Dot[] = clocks.flatMap((clock) => {
    return clocks.flatMap((other) => clock.missingFrom(other, UNSTABLE_MAX + 1));
  });
  const dots = dotSetOf(missing);
  if (countDots(dots) > UNSTABLE_MAX) return undefined;
  const isAtMajority = (dot: Dot): boolean =>
    sets.every((owners) => {
      return owners.filter((clock) => clock.has(dot)).length >= majority(owners.length);
    });
  return { dots, one: !missing.every(isAtMajority) };
}

/**
 * The floor without its flag; the very same where that must stay.
 * @param metAt when this node first met what the floor stands for
 */
export function withoutFlag(
  floor: PartitionFloor,
  held: HeldByAll | undefined,
  metAt: number,
): PartitionFloor {
  const { flag, dots, one, mark } = floor;
  if (flag === 'none' || held === undefined || held.askedAt <= metAt) return floor;
  // An owner that lost the partition since may have been the only one that had one of the dots.
  if (flag === 'all' && held.mark > mark) return floor;
  // A majority meets the flag: it may ask for no more than that afterwards.
  if (flag === 'majority' && held.one) return floor;
  return {
    dots: unionDots(dots, held.dots),
    flag: 'none',
    one: one || held.one,
    mark: dots.size === 0 ? held.mark : Math.min(mark, held.mark),
  };
}
