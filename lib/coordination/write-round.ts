/** The acknowledgements of one write: who holds it, and when enough do (Dynamo 4.5). */
import type { Clock } from '../environment/clock.js';
import type { NodeId } from '../environment/transport.js';
import type { QuorumState, Requirement } from '../replication/quorum.js';
import type { Quorum } from '../replication/quorum.js';
import type { Stored } from './send-copy.js';

export class WriteRound {
  readonly #clock: Clock;
  readonly #quorum: Quorum;
  #standIns = 0;
  #notify: () => void = () => undefined;

  /** @param quorum of the partition, without requirements */
  constructor(clock: Clock, quorum: Quorum) {
    this.#clock = clock;
    this.#quorum = quorum;
  }

  /** Distinct primaries that hold the write as durably as was asked. */
  get stored(): number {
    return this.#quorum.succeeded.length;
  }

  /** Hints held for absent primaries. They count for no level. */
  get standIns(): number {
    return this.#standIns;
  }

  settle(node: NodeId, stored: Pick<Stored, 'start'> | undefined): void {
    if (stored !== undefined) this.#quorum.succeed(node, stored.start);
    else this.#quorum.fail(node);
    this.#notify();
  }

  fail(node: NodeId): void {
    this.settle(node, undefined);
  }

  hold(): void {
    this.#standIns += 1;
  }

  /** Resolves when the requirements are met, or cannot be, or (`pending`) at the deadline. */
  reach(requirements: readonly Requirement[], deadline: number): Promise<QuorumState> {
    const state = (): QuorumState => this.#quorum.stateUnder(requirements);
    const left = deadline - this.#clock.monotonicMilliseconds();
    if (state() !== 'pending' || left <= 0) return Promise.resolve(state());
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        this.#notify = () => undefined;
        resolve(state());
      };
      const cancel = this.#clock.after(left, finish);
      this.#notify = () => {
        if (state() !== 'pending') finish();
      };
    });
  }
}
