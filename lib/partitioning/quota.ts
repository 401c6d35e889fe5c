/** How many copies each node is to own: by weight, within what zones allow (docs/ring.md). */
import { leastOf } from '../encoding/extremes.js';
import { assert } from '../errors.js';
import { at, sum } from './numbers.js';

/** What a quota depends on. */
export interface Share {
  /** Index of the zone, from 0 without holes. */
  readonly zone: number;
  /** Relative share; > 0. */
  readonly weight: number;
  /** Copies owned before: whoever held a rounded-up share keeps it. 0 where there was none. */
  readonly held: number;
}

/** Copies of one partition that a zone may hold. */
export interface ZoneBounds {
  readonly fewest: readonly number[];
  readonly most: readonly number[];
}

/** A share closer than this to an integer is that integer: it only differs by rounding errors. */
const SNAP = 1e-6;

/**
 * The most even spread over zones: as many copies in each as in the others, or one more, as far as
 * the zone has nodes. With zones enough, that is at most one copy in each.
 * @param zoneSizes nodes in each zone
 * @param copies copies of one partition, at most the number of nodes
 */
export function zoneBounds(zoneSizes: readonly number[], copies: number): ZoneBounds {
  const capped = (level: number) => zoneSizes.map((size) => Math.min(size, level));
  let level = 0;
  while (sum(capped(level)) < copies) level += 1;
  return { fewest: capped(level - 1), most: capped(level) };
}

/**
 * Copies each node is to own: its share by weight rounded up or down, at most one of each
 * partition, and in each zone what the bounds allow. Their sum is `partitionCount` x `copies`.
 */
export function quotas(
  shares: readonly Share[],
  partitionCount: number,
  copies: number,
  bounds: ZoneBounds,
): number[] {
  const zones = bounds.most.map((_, zone) =>
    shares.flatMap((share, index) => (share.zone === zone ? [index] : [])),
  );
  const atLevel = (members: readonly number[], level: number) =>
    sum(members.map((index) => Math.min(at(shares, index).weight * level, partitionCount)));
  const zoneAtLevel = (members: readonly number[], zone: number, level: number) =>
    clamp(
      atLevel(members, level),
      at(bounds.fewest, zone) * partitionCount,
      at(bounds.most, zone) * partitionCount,
    );
  const top = partitionCount / leastOf(shares.map((share) => share.weight));
  const total = partitionCount * copies;
  const level = levelFor(total, top, (candidate) =>
    sum(zones.map((members, zone) => zoneAtLevel(members, zone, candidate))),
  );
  const zoneShares = zones.map((members, zone) => zoneAtLevel(members, zone, level));
  const zoneHeld = zones.map((members) => sum(members.map((index) => at(shares, index).held)));
  const zoneQuotas = apportion(zoneShares, zoneHeld, total);

  const result = new Array<number>(shares.length).fill(0);
  zones.forEach((members, zone) => {
    const zoneShare = at(zoneShares, zone);
    const zoneLevel = levelFor(zoneShare, top, (candidate) => atLevel(members, candidate));
    const exact = members.map((index) =>
      Math.min(at(shares, index).weight * zoneLevel, partitionCount),
    );
    const held = members.map((index) => at(shares, index).held);
    const counts = apportion(exact, held, at(zoneQuotas, zone));
    members.forEach((index, position) => {
      result[index] = at(counts, position);
    });
  });
  assert(sum(result) === total, 'every copy is in one quota');
  return result;
}

/** The level at which a growing function reaches `target`, to the last bit of a double. */
function levelFor(target: number, top: number, grown: (level: number) => number): number {
  let low = 0;
  let high = top;
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return high;
    if (grown(middle) < target) low = middle;
    else high = middle;
  }
}

/**
 * Rounds shares up or down to integers of the given sum. Rounded up are those that held more than
 * their share before (it spares a move), then those with the largest remainder.
 */
function apportion(exact: readonly number[], held: readonly number[], total: number): number[] {
  const snapped = exact.map((share) =>
    Math.abs(share - Math.round(share)) < SNAP ? Math.round(share) : share,
  );
  const result = snapped.map(Math.floor);
  const keeps = (index: number) => (at(held, index) > at(result, index) ? 1 : 0);
  const remainder = (index: number) => at(snapped, index) - at(result, index);
  const order = snapped
    .map((_, index) => index)
    .filter((index) => remainder(index) > 0)
    .sort((a, b) => keeps(b) - keeps(a) || remainder(b) - remainder(a) || a - b);
  const extra = total - sum(result);
  assert(extra >= 0 && extra <= order.length, 'shares add up to the total');
  for (const index of order.slice(0, extra)) result[index] = at(result, index) + 1;
  return result;
}

function clamp(value: number, fewest: number, most: number): number {
  return Math.min(Math.max(value, fewest), most);
}
