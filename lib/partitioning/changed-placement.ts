/** The placement after nodes came, went or changed: as it was, but for few moves (docs/ring.md). */
import { assert } from '../errors.js';
import type { Assignment } from './assignment.js';
import type { IsNew } from './spare-moves.js';
import { spareMoves } from './spare-moves.js';
import { at, scatter, upTo } from './numbers.js';
import { shortestPath } from './hand-over-path.js';

/** Nodes that owned each partition before and are still there. */
export type KeptOwners = readonly (readonly number[])[];

const SEED = 0x3c0ffee1;

/** Fills an empty assignment from what was, moving as few copies as it can to meet the quotas. */
export function placeChanged(assignment: Assignment, kept: KeptOwners): void {
  keep(assignment, kept);
  // Slots in a scattered order, so that what a newcomer takes comes from everywhere.
  const order = shuffled(assignment.slots.length);
  handOverDirectly(assignment, order);
  const isNew: IsNew = (slot, node) =>
    node !== assignment.nobody && !at(kept, assignment.partitionOf(slot)).includes(node);
  handOverAlongPaths(assignment, order, isNew);
  spareMoves(assignment, isNew);
  assert(at(assignment.counts, assignment.nobody) === 0, 'every copy has an owner');
}

/** Puts every copy back where it was, unless zones forbid it. */
function keep(assignment: Assignment, kept: KeptOwners): void {
  const { copies, quotas } = assignment.layout;
  const surplus = quotas.map((quota) => -quota);
  for (const node of kept.flat()) surplus[node] = at(surplus, node) + 1;
  kept.forEach((owners, partition) => {
    let slot = partition * copies;
    // Where zones, or a smaller N, do not let all stay, those who hold too much give.
    const order = [...owners].sort((a, b) => at(surplus, a) - at(surplus, b));
    for (const node of order) {
      if (slot < (partition + 1) * copies && assignment.mayGive(slot, node)) {
        assignment.give(slot, node);
        slot += 1;
      }
    }
  });
}

/**
 * Moves of one step each: empty slots first, and of these the ones that only nodes of one zone may
 * take, whether they have too few or not (someone there must); then what some have too many.
 */
function handOverDirectly(assignment: Assignment, order: readonly number[]): void {
  const isEmpty = (slot: number) => assignment.holder(slot) === assignment.nobody;
  const isSurplus = (slot: number) => assignment.excess(assignment.holder(slot)) > 0;
  const { zones: zoneOf, bounds } = assignment.layout;
  const manyZones = bounds.most.length > 1;
  for (const slot of manyZones ? order.filter(isEmpty) : []) {
    const takers = takersOf(assignment, slot);
    const zones = new Set(takers.map((node) => zoneOf[node]));
    if (zones.size === 1) assignment.give(slot, neediest(assignment, takers));
  }
  for (const slot of [...order.filter(isEmpty), ...order]) {
    if (!isSurplus(slot)) continue;
    const takers = takersOf(assignment, slot).filter((node) => assignment.excess(node) < 0);
    if (takers.length > 0) assignment.give(slot, neediest(assignment, takers));
  }
}

function takersOf(assignment: Assignment, slot: number): number[] {
  return upTo(assignment.nobody).filter((node) => assignment.mayGive(slot, node));
}

function neediest(assignment: Assignment, nodes: readonly number[]): number {
  return nodes.reduce((best, node) =>
    assignment.excess(node) < assignment.excess(best) ? node : best,
  );
}

/**
 * What is left goes through others: a hands a copy to b, who hands another to c. The last hand-over
 * comes first: it is valid as it was found, and where it spoils an earlier one of the same
 * partition, the next search starts nearer to the end.
 */
function handOverAlongPaths(assignment: Assignment, order: readonly number[], isNew: IsNew): void {
  const cost = (slot: number, giver: number, taker: number) =>
    Math.max(0, Number(isNew(slot, taker)) - Number(isNew(slot, giver)));
  for (let tries = assignment.slots.length; tries > 0; tries -= 1) {
    const path = shortestPath(assignment, order, cost);
    if (path === undefined) return;
    for (const { slot, giver, taker } of path.reverse()) {
      if (assignment.holder(slot) !== giver || !assignment.mayGive(slot, taker)) break;
      assignment.give(slot, taker);
    }
  }
}

function shuffled(count: number): number[] {
  const result = upTo(count);
  const next = scatter(SEED);
  for (let index = count - 1; index > 0; index -= 1) {
    const other = next(index + 1);
    const moved = at(result, index);
    result[index] = at(result, other);
    result[other] = moved;
  }
  return result;
}
