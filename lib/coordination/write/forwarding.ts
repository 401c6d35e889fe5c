/** To whom a write is passed on, and what their refusals mean: once to each, in order. Pure. */
import type { NodeId } from '../../environment/transport.js';
import { OperatingError } from '../../errors.js';

export class Forwarding {
  readonly #left: NodeId[];
  #refusal: OperatingError | undefined;

  /** @param nodes the best first */
  constructor(nodes: readonly NodeId[]) {
    this.#left = [...nodes];
  }

  /** Undefined: nobody is left. */
  next(): NodeId | undefined {
    return this.#left.shift();
  }

  /**
   * One that refuses and has surely done nothing (its disk failed, it is overloaded) is passed by:
   * the next may do better. Returns the error with which the whole write ends, where it does.
   */
  refused(node: NodeId, error: OperatingError): OperatingError | undefined {
    const { outcome, retryable, code } = error;
    if (outcome === 'none' && retryable) {
      if (code !== 'peer_unreachable') this.#refusal = error;
      return undefined;
    }
    if (code !== 'peer_unreachable') return error;
    return new OperatingError('outcome_unknown', `${node} did not answer`, { cause: error });
  }

  /** Why the last that refused did; undefined: nobody was reached. */
  get refusal(): OperatingError | undefined {
    return this.#refusal;
  }
}
