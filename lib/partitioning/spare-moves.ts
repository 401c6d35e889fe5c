/** Takes back moves that a change did not need, by hand-overs in circles (docs/ring.md). */
import type { Assignment } from './assignment.js';
import type { HandOver } from './hand-over-path.js';
import { at, upTo } from './numbers.js';

/** Whether a copy in the slot would be one that the node did not own before. */
export type IsNew = (slot: number, node: number) => boolean;

/** The cheapest hand-over between two nodes: -1 takes back a move, 1 adds one. */
interface Edge extends HandOver {
  readonly cost: number;
}

/** Circles at most: each spares a move or more, and few are ever found. */
const CIRCLES_MAX = 64;

/** Pairs of slot and node looked at in all: about a second, for changes that turn all around. */
const LOOKS_MAX = 20_000_000;

/**
 * While nodes can pass copies around in a circle, so that every node owns as many as before and
 * fewer copies are new, they do (cycle cancelling, as in minimum cost flows).
 */
export function spareMoves(assignment: Assignment, isNew: IsNew): void {
  const affordable = Math.floor(LOOKS_MAX / (assignment.slots.length * assignment.nobody));
  for (let circles = Math.min(CIRCLES_MAX, affordable); circles > 0; circles -= 1) {
    if (newCopies(assignment, isNew) <= unavoidable(assignment, isNew)) return;
    const circle = findCircle(assignment.nobody, cheapestEdges(assignment, isNew));
    if (circle === undefined || !passAround(assignment, circle)) return;
  }
}

function newCopies(assignment: Assignment, isNew: IsNew): number {
  return upTo(assignment.slots.length).filter((slot) => isNew(slot, assignment.holder(slot)))
    .length;
}

/** Copies that each node must get beyond all that it owned. */
function unavoidable(assignment: Assignment, isNew: IsNew): number {
  const { copies, partitionCount, quotas } = assignment.layout;
  return quotas.reduce((total, quota, node) => {
    const owned = upTo(partitionCount).filter((partition) => !isNew(partition * copies, node));
    return total + Math.max(0, quota - owned.length);
  }, 0);
}

function cheapestEdges(assignment: Assignment, isNew: IsNew): Edge[] {
  const nodes = upTo(assignment.nobody);
  const cheapest = new Map<number, Edge>();
  for (const slot of assignment.slots.keys()) {
    const giver = assignment.holder(slot);
    const spared = Number(isNew(slot, giver));
    for (const taker of nodes) {
      const pair = giver * nodes.length + taker;
      const known = cheapest.get(pair)?.cost ?? Number.POSITIVE_INFINITY;
      if (known <= -spared) continue;
      const cost = Number(isNew(slot, taker)) - spared;
      if (cost >= known || !assignment.mayGive(slot, taker)) continue;
      cheapest.set(pair, { giver, slot, taker, cost });
    }
  }
  return [...cheapest.values()];
}

/** A circle that costs less than nothing, by Bellman and Ford. */
function findCircle(nodeCount: number, edges: readonly Edge[]): HandOver[] | undefined {
  const cost = new Float64Array(nodeCount);
  const by = new Map<number, Edge>();
  let lowered: number | undefined;
  for (let round = 0; round <= nodeCount; round += 1) {
    lowered = undefined;
    for (const edge of edges) {
      const total = at(cost, edge.giver) + edge.cost;
      if (total >= at(cost, edge.taker)) continue;
      cost[edge.taker] = total;
      by.set(edge.taker, edge);
      lowered = edge.taker;
    }
    if (lowered === undefined) return undefined;
  }
  return lowered === undefined ? undefined : walkCircle(by, lowered, nodeCount);
}

/** Going back far enough from a node whose cost still falls ends in the circle. */
function walkCircle(by: ReadonlyMap<number, Edge>, from: number, nodeCount: number): HandOver[] {
  let node = from;
  for (let step = 0; step < nodeCount; step += 1) node = by.get(node)?.giver ?? node;
  const circle: HandOver[] = [];
  const start = node;
  do {
    const edge = by.get(node);
    if (edge === undefined) return [];
    circle.push(edge);
    node = edge.giver;
  } while (node !== start && circle.length <= nodeCount);
  return circle;
}

/** All hand-overs of the circle or, where two of them get in each other's way, none. */
function passAround(assignment: Assignment, circle: readonly HandOver[]): boolean {
  const done: HandOver[] = [];
  for (const step of circle) {
    if (assignment.holder(step.slot) !== step.giver || !assignment.mayGive(step.slot, step.taker)) {
      for (const { slot, giver } of done.reverse()) assignment.give(slot, giver);
      return false;
    }
    assignment.give(step.slot, step.taker);
    done.push(step);
  }
  return circle.length > 0;
}
