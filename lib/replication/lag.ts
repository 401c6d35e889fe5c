/** Nodes that lack writes for now, as far as this node knows: they are asked after the others. */
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';

export interface LagOptions {
  readonly self: NodeId;
  readonly clock: Clock;
  /** Hints that wait here for a node. */
  readonly hintsFor: (node: NodeId) => number;
}

/** While hints are delivered, the pauses between two batches are far shorter. */
const BETWEEN_BATCHES_MILLISECONDS = 250;

/**
 * A replica that was away answers with less than the others until it has what it missed. Asked
 * among the first, it makes each read at quorum a second round and a write-back, which holds up
 * the very deliveries that it waits for.
 */
export class Lag {
  readonly #options: LagOptions;
  #takesUntil = Number.NEGATIVE_INFINITY;

  constructor(options: LagOptions) {
    this.#options = options;
  }

  /** Hints came for this node: more may follow. */
  noteHints(): void {
    const now = this.#options.clock.monotonicMilliseconds();
    this.#takesUntil = now + BETWEEN_BATCHES_MILLISECONDS;
  }

  readonly isBehind = (node: NodeId): boolean => {
    const { self, clock, hintsFor } = this.#options;
    if (node !== self) return hintsFor(node) > 0;
    return clock.monotonicMilliseconds() < this.#takesUntil;
  };
}
