/**
 * The foreground load of this node: the requests of clients under way, its own and those that peers
 * passed on; and the share of time that they leave to background work (processor sharing).
 */

/** Background work counts as so many requests. */
const AS_REQUESTS = 8;
/** The least, under any load: with less, replicas would not converge while a load goes on. */
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

  /** Counts a request for as long as its work goes on. */
  async during<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  get requests(): number {
    return this.#requests;
  }

  /** Above 0; 1 while no request is under way. */
  get backgroundShare(): number {
    return Math.max(SHARE_MIN, AS_REQUESTS / (AS_REQUESTS + this.#requests));
  }
}
