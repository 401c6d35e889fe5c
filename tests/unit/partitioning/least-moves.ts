/** The fewest moves that any placement could need: an oracle by minimum cost flow, slow, plain. */

/** What must be reached, and what each node owned before. */
export interface Target {
  readonly partitionCount: number;
  readonly copies: number;
  /** Zone of each node. */
  readonly zones: readonly number[];
  /** Copies of each partition in each zone. */
  readonly fewest: readonly number[];
  readonly most: readonly number[];
  /** Copies of each node. */
  readonly quotas: readonly number[];
  readonly owned: (partition: number, node: number) => boolean;
}

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly cost: number;
  room: number;
}

/** So dear that no saving outweighs a zone left below its fewest. */
const LEFT_OUT = 1_000;

/** Edges in pairs: the edge at an odd index is the way back of the one before it. */
class Flow {
  readonly #edges: Edge[] = [];
  readonly #edgesFrom: number[][];

  constructor(points: number) {
    this.#edgesFrom = Array.from({ length: points }, () => []);
  }

  add(from: number, to: number, room: number, cost: number): void {
    for (const edge of [
      { from, to, room, cost },
      { from: to, to: from, room: 0, cost: -cost },
    ]) {
      this.#edgesFrom[edge.from]?.push(this.#edges.length);
      this.#edges.push(edge);
    }
  }

  /** The cost of the largest flow from point 0 to point 1, along the cheapest way each time. */
  leastCost(): number {
    let total = 0;
    for (;;) {
      const way = this.#cheapestWay();
      if (way.length === 0) return total;
      for (const index of way) {
        const [edge, back] = [this.#edges[index], this.#edges[index ^ 1]];
        if (edge === undefined || back === undefined) throw new Error('edges come in pairs');
        edge.room -= 1;
        back.room += 1;
        total += edge.cost;
      }
    }
  }

  /** Indexes of edges from the end to the start; none where there is no way. */
  #cheapestWay(): number[] {
    const costs = this.#edgesFrom.map((_, point) => (point === 0 ? 0 : Number.POSITIVE_INFINITY));
    const by = new Map<number, number>();
    const queue = new Set([0]);
    for (const point of queue) {
      queue.delete(point);
      for (const index of this.#edgesFrom[point] ?? []) {
        const edge = this.#edges[index];
        if (edge === undefined || edge.room === 0) continue;
        const cost = (costs[point] ?? 0) + edge.cost;
        if (cost >= (costs[edge.to] ?? 0)) continue;
        costs[edge.to] = cost;
        by.set(edge.to, index);
        queue.add(edge.to);
      }
    }
    const way: number[] = [];
    for (let index = by.get(1); index !== undefined; ) {
      way.push(index);
      const from = this.#edges[index]?.from ?? 0;
      index = from === 0 ? undefined : by.get(from);
    }
    return way;
  }
}

export function leastMoves(target: Target): number {
  const { partitionCount, copies, zones, fewest, most, quotas } = target;
  const zonePoint = (partition: number, zone: number) =>
    2 + partitionCount + partition * most.length + zone;
  const nodePoint = (node: number) => 2 + partitionCount * (1 + most.length) + node;
  const flow = new Flow(nodePoint(zones.length));
  for (let partition = 0; partition < partitionCount; partition += 1) {
    flow.add(0, 2 + partition, copies, 0);
    most.forEach((limit, zone) => {
      const needed = fewest[zone] ?? 0;
      flow.add(2 + partition, zonePoint(partition, zone), needed, -LEFT_OUT);
      flow.add(2 + partition, zonePoint(partition, zone), limit - needed, 0);
    });
    zones.forEach((zone, node) => {
      const cost = target.owned(partition, node) ? 0 : 1;
      flow.add(zonePoint(partition, zone), nodePoint(node), 1, cost);
    });
  }
  quotas.forEach((quota, node) => {
    flow.add(nodePoint(node), 1, quota, 0);
  });
  const saved = fewest.reduce((sum, count) => sum + count, 0) * partitionCount * LEFT_OUT;
  return flow.leastCost() + saved;
}
