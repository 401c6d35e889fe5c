/** Which owner of a partition is asked first: each node in its share (docs/ring.md). */
import { at, upTo } from './numbers.js';

/**
 * Orders the owners of every partition in place, so that among the first owners, then among the
 * second, and so on, every node stands in its share of places, rounded up or down. Such an order
 * exists always: equal parts of a place for each owner are a flow, and a flow can be made whole.
 * What is balanced stays as it is.
 * @param owners of each partition, as many in each
 */
export function balancePreference(owners: readonly number[][], nodeCount: number): void {
  const copies = owners[0]?.length ?? 0;
  for (let place = 0; place < copies - 1; place += 1) {
    new Place(owners, nodeCount, place).balance();
  }
}

/** A node gives its place in a partition to another, which stood behind it. */
interface Step {
  readonly giver: number;
  readonly partition: number;
}

type Test = (node: number) => boolean;

/** Who stands in one place of the order of each partition. */
class Place {
  readonly #owners: readonly number[][];
  readonly #place: number;
  readonly #nodes: readonly number[];
  /** Partitions in which the node stands in this place. */
  readonly #stands: readonly Set<number>[];
  /** Shares, rounded down and up. */
  readonly #fewest: readonly number[];
  readonly #most: readonly number[];

  constructor(owners: readonly number[][], nodeCount: number, place: number) {
    this.#owners = owners;
    this.#place = place;
    this.#nodes = upTo(nodeCount);
    this.#stands = this.#nodes.map(() => new Set());
    const candidates = (owners[0]?.length ?? 0) - place;
    const chances = this.#nodes.map(() => 0);
    owners.forEach((row, partition) => {
      at(this.#stands, at(row, place)).add(partition);
      for (const node of row.slice(place)) chances[node] = at(chances, node) + 1;
    });
    this.#fewest = chances.map((chance) => Math.floor(chance / candidates));
    this.#most = chances.map((chance) => Math.ceil(chance / candidates));
  }

  balance(): void {
    const count = (node: number) => at(this.#stands, node).size;
    const fewest = (node: number) => at(this.#fewest, node);
    const most = (node: number) => at(this.#most, node);
    this.#drain(
      (node) => count(node) > most(node),
      (node) => count(node) < most(node),
    );
    this.#drain(
      (node) => count(node) > fewest(node),
      (node) => count(node) < fewest(node),
    );
  }

  /** Passes places from nodes that are `over` to nodes that are `under`, while there is a way. */
  #drain(over: Test, under: Test): void {
    for (let tries = this.#owners.length; tries > 0; tries -= 1) {
      const sources = this.#nodes.filter(over);
      if (sources.length === 0 || !this.#nodes.some(under)) return;
      if (!this.#passOne(sources, under)) return;
    }
  }

  /** Breadth first from the sources to a node that is `under`; false where there is no way. */
  #passOne(sources: readonly number[], under: Test): boolean {
    const steps = new Map<number, Step | undefined>(sources.map((node) => [node, undefined]));
    for (const giver of steps.keys()) {
      for (const partition of at(this.#stands, giver)) {
        const row = at(this.#owners, partition);
        for (let place = this.#place + 1; place < row.length; place += 1) {
          const taker = at(row, place);
          if (steps.has(taker)) continue;
          steps.set(taker, { giver, partition });
          if (!under(taker)) continue;
          this.#passAlong(steps, taker);
          return true;
        }
      }
    }
    return false;
  }

  #passAlong(steps: ReadonlyMap<number, Step | undefined>, end: number): void {
    let taker = end;
    for (let step = steps.get(taker); step !== undefined; step = steps.get(taker)) {
      const row = at(this.#owners, step.partition);
      row[row.indexOf(taker)] = step.giver;
      row[this.#place] = taker;
      at(this.#stands, step.giver).delete(step.partition);
      at(this.#stands, taker).add(step.partition);
      taker = step.giver;
    }
  }
}
