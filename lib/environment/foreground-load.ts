/**
 * Who waits: the requests of clients under way on this node, its own and those that peers sent on,
 * and the share of time that they leave to work for which nobody waits (processor sharing).
 */

/** Background work counts as so many requests. */
const AS_REQUESTS = 8;
/** However many wait: with less, replicas would not meet again under a load that never ends. */
const SHARE_MIN = 0.05;

export class ForegroundLoad {
  #requests = 0;

  /** Pair it with `leave`. */
  enter(requests = 1): void {
    this.#requests += requests;
  }

  leave(requests = 1): void {
    this.#requests -= requests;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Above 0; 1 while nobody waits. */
  get backgroundShare(): number {
    return Math.max(SHARE_MIN, AS_REQUESTS / (AS_REQUESTS + this.#requests));
  }
}
