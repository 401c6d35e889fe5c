/**
 * In which order the clocks of a node's partitions have grown: who got them up to a number gets
 * the rest (docs/architecture.md, B4). In memory: a new life numbers anew.
 */
import type { Writer } from '../versioning/writer.js';

/** Something of the clock of a partition has changed, under this number. */
export interface ClockChange {
  readonly number: number;
  readonly partition: number;
  readonly writer: Writer;
}

interface OfPartition {
  /** The highest of its numbers. */
  last: number;
  /** When it was emptied last; 0: never. */
  emptied: number;
  /** The last change of what was seen of each writer. */
  readonly writers: Map<Writer, number>;
}

export class ClockChanges {
  readonly #partitions = new Map<number, OfPartition>();
  #last = 0;

  /** The number of the last change; 0: there is none. */
  get last(): number {
    return this.#last;
  }

  /** More of the writer was seen. */
  noted(partition: number, writer: Writer): void {
    const of = this.#of(partition);
    this.#last += 1;
    of.last = this.#last;
    of.writers.set(writer, this.#last);
  }

  /** All that was seen is forgotten. */
  emptied(partition: number): void {
    const of = this.#of(partition);
    this.#last += 1;
    of.last = this.#last;
    of.emptied = this.#last;
    of.writers.clear();
  }

  /** The partitions that were emptied above a number, ascending. */
  emptiedSince(number: number): number[] {
    const found: number[] = [];
    if (number >= this.#last) return found;
    for (const [partition, { emptied }] of this.#partitions) {
      if (emptied > number) found.push(partition);
    }
    return found.sort((a, b) => a - b);
  }

  /** All that has changed above a number, in order. */
  since(number: number, isAsked: (partition: number) => boolean): ClockChange[] {
    const found: ClockChange[] = [];
    if (number >= this.#last) return found;
    for (const [partition, { last, writers }] of this.#partitions) {
      if (last <= number || !isAsked(partition)) continue;
      for (const [writer, at] of writers) {
        if (at > number) found.push({ number: at, partition, writer });
      }
    }
    return found.sort((a, b) => a.number - b.number);
  }

  #of(partition: number): OfPartition {
    let of = this.#partitions.get(partition);
    if (of === undefined) {
      of = { last: 0, emptied: 0, writers: new Map() };
      this.#partitions.set(partition, of);
    }
    return of;
  }
}
