/** How much is worked on at once: beyond it requests are shed while they are still cheap. */
import type { ForegroundLoad } from '../../environment/foreground-load.js';
import { OperatingError } from '../../errors.js';

export interface RequestAdmissionLimits {
  readonly requestsInFlightMax: number;
  /** Bytes of bodies that are held. */
  readonly requestBytesInFlightMax: number;
}

export class RequestAdmission {
  readonly #limits: RequestAdmissionLimits;
  readonly #foreground: ForegroundLoad;
  #requests = 0;
  #bytes = 0;

  constructor(limits: RequestAdmissionLimits, foreground: ForegroundLoad) {
    this.#limits = limits;
    this.#foreground = foreground;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Of bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Pair it with `leave`, unless it throws. @throws OperatingError `overloaded`
   * @param requests how many at once: each operation of a batch is as much work as one
   */
  enter(requests = 1): void {
    if (this.#requests + requests > this.#limits.requestsInFlightMax) {
      throw new OperatingError('overloaded', 'too many requests are under way on this node');
    }
    this.#requests += requests;
    this.#foreground.enter(requests);
  }

  leave(requests = 1): void {
    this.#requests -= requests;
    this.#foreground.leave(requests);
  }

  /** Pair it with `release`, unless it throws. @throws OperatingError `overloaded` */
  hold(bytes: number): void {
    if (this.#bytes + bytes > this.#limits.requestBytesInFlightMax) {
      throw new OperatingError('overloaded', 'too many bytes of bodies are held by this node');
    }
    this.#bytes += bytes;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}
