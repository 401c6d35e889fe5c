/** Whose trees are compared next, and which of them: all, a few, or none (architecture.md, A1). */
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';

/** What one exchange compares the trees of; null: all. */
export interface ScheduledComparison {
  readonly partitions: number[] | null;
  /** To be called once they were compared. */
  readonly done: () => void;
}

/** Partitions of one comparison while writes go on: their records are read, twice. */
const COMPARED_AT_ONCE = 8;

export class TreeComparisonSchedule {
  readonly #clock: Clock;
  readonly #intervalMilliseconds: number;
  /** When trees were last compared with a peer whose clocks differ, and which come next. */
  readonly #compared = new Map<NodeId, { readonly at: number; readonly next: number }>();
  /** Peers with whom the next exchange compares all trees, since when. */
  readonly #owed = new Map<NodeId, number>();

  constructor(clock: Clock, intervalMilliseconds: number) {
    this.#clock = clock;
    this.#intervalMilliseconds = intervalMilliseconds;
  }

  /** At the next exchange all trees are compared. */
  owe(peer: NodeId): void {
    if (!this.#owed.has(peer)) this.#owed.set(peer, this.#clock.monotonicMilliseconds());
  }

  /** On the monotonic clock; undefined where no comparison of all trees is due. */
  owedSince(peer: NodeId): number | undefined {
    return this.#owed.get(peer);
  }

  /**
   * Under steady writes clocks differ at every moment: then a few trees are looked at from time to
   * time, since those differ as well, and the keys of each that does are compared one by one.
   */
  next(peer: NodeId, shared: readonly number[]): ScheduledComparison {
    if (this.#owed.has(peer)) {
      return { partitions: null, done: () => void this.#owed.delete(peer) };
    }
    const now = this.#clock.monotonicMilliseconds();
    const { at, next } = this.#compared.get(peer) ?? { at: Number.NEGATIVE_INFINITY, next: 0 };
    if (now - at < this.#intervalMilliseconds || shared.length === 0) {
      return { partitions: [], done: () => undefined };
    }
    const start = next % shared.length;
    const partitions = shared.slice(start, start + COMPARED_AT_ONCE);
    const then = { at: now, next: start + partitions.length };
    return { partitions, done: () => void this.#compared.set(peer, then) };
  }
}
