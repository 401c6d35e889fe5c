/** Whose trees are compared next, and which of them: all, a few, or none (architecture.md, A1). */
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';

/** What one exchange compares the trees of; null: all. */
export interface ScheduledComparison {
  readonly partitions: number[] | null;
  /** To be called once they were compared and nothing of it has failed. */
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
  readonly #owed = new Map<NodeId, { readonly since: number }>();

  constructor(clock: Clock, intervalMilliseconds: number) {
    this.#clock = clock;
    this.#intervalMilliseconds = intervalMilliseconds;
  }

  /** At the next exchange all trees are compared, and after one that is under way once more. */
  owe(peer: NodeId): void {
    const since = this.owedSince(peer) ?? this.#clock.monotonicMilliseconds();
    this.#owed.set(peer, { since });
  }

  /** On the monotonic clock; undefined where no comparison of all trees is due. */
  owedSince(peer: NodeId): number | undefined {
    return this.#owed.get(peer)?.since;
  }

  /**
   * Under steady writes clocks differ at every moment: then a few trees are looked at from time to
   * time, since those differ as well, and the keys of each that does are compared one by one. Their
   * turn goes on at once: a tree that cannot be compared must not keep the others from theirs.
   */
  next(peer: NodeId, shared: readonly number[]): ScheduledComparison {
    const owed = this.#owed.get(peer);
    if (owed !== undefined) {
      const done = (): void => {
        if (this.#owed.get(peer) === owed) this.#owed.delete(peer);
      };
      return { partitions: null, done };
    }
    const now = this.#clock.monotonicMilliseconds();
    const { at, next } = this.#compared.get(peer) ?? { at: Number.NEGATIVE_INFINITY, next: 0 };
    if (now - at < this.#intervalMilliseconds || shared.length === 0) {
      return { partitions: [], done: () => undefined };
    }
    const start = next % shared.length;
    const partitions = shared.slice(start, start + COMPARED_AT_ONCE);
    this.#compared.set(peer, { at: now, next: start + partitions.length });
    return { partitions, done: () => undefined };
  }
}
