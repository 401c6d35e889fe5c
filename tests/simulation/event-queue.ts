/**
 * What will happen, the earliest first; of two at the same time, the one that was planned first.
 */

export interface PlannedEvent {
  /** Virtual milliseconds. */
  readonly at: number;
  readonly order: number;
  readonly kind: string;
  cancelled: boolean;
  readonly happen: () => void;
}

/** A binary heap. */
export class EventQueue {
  readonly #heap: PlannedEvent[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(event: PlannedEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, event)) break;
      heap[index] = parent;
      heap[above] = event;
      index = above;
    }
  }

  /** The earliest that was not cancelled. */
  take(): PlannedEvent | undefined {
    for (;;) {
      const first = this.#heap[0];
      const last = this.#heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (first !== last) this.#sink(last);
      if (!first.cancelled) return first;
    }
  }

  #sink(event: PlannedEvent): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (child === undefined) break;
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        below += 1;
      }
      if (isBefore(event, child)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = event;
  }
}

function isBefore(a: PlannedEvent, b: PlannedEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
