/** The cheapest chain of hand-overs from a node with too many copies to one with too few. */
import type { Assignment } from './assignment.js';
import { at, upTo } from './numbers.js';

/** One hand-over: who gives the copy in which slot to whom. */
export interface HandOver {
  readonly giver: number;
  readonly slot: number;
  readonly taker: number;
}

/** Copies that a hand-over moves beyond those already moved: 0 or more. */
export type HandOverCost = (slot: number, giver: number, taker: number) => number;

interface Reached {
  cost: number;
  settled: boolean;
  by: HandOver | undefined;
}

/**
 * Dijkstra's search over the nodes (and nobody, who holds the empty slots); an edge from a to b is
 * a slot that a may hand to b.
 * @param order slots in the order in which equal ones are preferred
 * @returns the hand-overs from the first to the last; undefined where no copy can go anywhere
 */
export function shortestPath(
  assignment: Assignment,
  order: readonly number[],
  cost: HandOverCost,
): HandOver[] | undefined {
  const reached: Reached[] = upTo(assignment.nobody + 1).map((node) => ({
    cost: assignment.excess(node) > 0 ? 0 : Number.POSITIVE_INFINITY,
    settled: false,
    by: undefined,
  }));
  const slotsOf = reached.map((): number[] => []);
  for (const slot of order) at(slotsOf, assignment.holder(slot)).push(slot);
  for (;;) {
    const node = nearest(reached);
    if (node === undefined) return undefined;
    const here = at(reached, node);
    here.settled = true;
    if (assignment.excess(node) < 0) return walkBack(reached, node);
    for (const slot of at(slotsOf, node)) relax(assignment, reached, slot, node, cost);
  }
}

function relax(
  assignment: Assignment,
  reached: readonly Reached[],
  slot: number,
  giver: number,
  cost: HandOverCost,
): void {
  const before = at(reached, giver).cost;
  for (let taker = 0; taker < assignment.nobody; taker += 1) {
    const there = at(reached, taker);
    if (there.settled || there.cost <= before || !assignment.mayGive(slot, taker)) continue;
    const total = before + cost(slot, giver, taker);
    if (total >= there.cost) continue;
    there.cost = total;
    there.by = { giver, slot, taker };
  }
}

function nearest(reached: readonly Reached[]): number | undefined {
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  reached.forEach(({ cost, settled }, node) => {
    if (settled || cost >= least) return;
    best = node;
    least = cost;
  });
  return best;
}

function walkBack(reached: readonly Reached[], end: number): HandOver[] {
  const path: HandOver[] = [];
  let step = at(reached, end).by;
  while (step !== undefined) {
    path.push(step);
    step = at(reached, step.giver).by;
  }
  return path.reverse();
}
