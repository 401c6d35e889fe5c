/**
 * The steps of one exchange with a peer. One that fails does not stop those behind it, and yet the
 * exchange has failed: partitions and keys do not depend on each other (docs/architecture.md, A3).
 */
import type { Clock } from '../environment/clock.js';
import type { Pauses } from '../environment/pauses.js';
import type { NodeId } from '../environment/transport.js';
import { type ErrorCode, OperatingError } from '../errors.js';
import type { ClusterView } from '../replication/cluster-view.js';

export interface PeerStepsOptions {
  readonly view: Pick<ClusterView, 'isUp'>;
  readonly pauses: Pick<Pauses, 'isStopped'>;
  readonly clock: Pick<Clock, 'monotonicMilliseconds'>;
}

export function exchangeLate(): OperatingError {
  return new OperatingError('deadline_passed', 'the exchange was not done in time');
}

/** Each further step would come to the same, and a timeout would be waited for in each. */
const ENDS: readonly ErrorCode[] = ['deadline_passed', 'storage_failed', 'read_only'];

export class PeerSteps {
  readonly #peer: NodeId;
  readonly #options: PeerStepsOptions;
  readonly #failures: unknown[] = [];
  #isCutShort = false;
  readonly #deadline: number;

  /** @param deadline on the monotonic clock, where somebody waits for the exchange */
  constructor(peer: NodeId, options: PeerStepsOptions, deadline = Number.POSITIVE_INFINITY) {
    this.#peer = peer;
    this.#options = options;
    this.#deadline = deadline;
  }

  /** No step is worth a try any more; the reason may be that this node stops. */
  get isOver(): boolean {
    return this.#isCutShort || this.#isLate || this.#options.pauses.isStopped;
  }

  /** Never rejects: what the step failed with is kept for the end. */
  async run(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.failed(error);
    }
  }

  failed(error: unknown): void {
    this.#failures.push(error);
    const endsAll = error instanceof OperatingError && ENDS.includes(error.code);
    if (endsAll || !this.#options.view.isUp(this.#peer)) this.#isCutShort = true;
  }

  /** @throws unknown what the first step that failed has thrown; `deadline_passed` */
  assertNoneFailed(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
    if (this.#isLate) throw exchangeLate();
  }

  get #isLate(): boolean {
    return this.#options.clock.monotonicMilliseconds() >= this.#deadline;
  }
}
