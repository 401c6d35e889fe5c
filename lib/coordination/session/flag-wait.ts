/** Requests whose token bears flags: first it is seen whether those may go. */
import { timeLeft } from '../../environment/by-deadline.js';
import type { Clock } from '../../environment/clock.js';
import { OperatingError } from '../../errors.js';
import type { Addressing } from '../request/addressing.js';
import type { GetRequest } from '../request/request.js';
import { hasFlags } from '../../versioning/session-token.js';
import type { HeldClocks } from './held-clocks.js';

/** A request waits so long, and no more than this share of the time that it has. */
const PATIENCE_MILLISECONDS = 250;
const PATIENCE_SHARE = 0.25;

export class FlagWait {
  readonly #held: HeldClocks;
  readonly #addressing: Addressing;
  readonly #clock: Clock;

  constructor(held: HeldClocks, addressing: Addressing, clock: Clock) {
    this.#held = held;
    this.#addressing = addressing;
    this.#clock = clock;
  }

  /**
   * Runs the request, at once where nobody is asked, with the time that is left of it.
   * @throws OperatingError `not_ready`, `invalid_key`, `invalid_request`
   */
  before<Request extends GetRequest, Answer>(
    request: Request,
    run: (request: Request) => Answer | Promise<Answer>,
  ): Answer | Promise<Answer> {
    const { session } = request;
    if (session === undefined || !hasFlags(session)) return run(request);
    // Each time anew: the same text may stand for more than it did when it was met before.
    const metAt = this.#held.met();
    const { partition } = this.#addressing.at(request);
    const asked = this.#held.ask(session, metAt, partition);
    if (asked === undefined) return run(request);
    return this.#after(asked, request, (left) => {
      return run({ ...left, session: this.#held.clear(session, metAt) });
    });
  }

  async #after<Request extends GetRequest, Answer>(
    asked: Promise<void>,
    request: Request,
    run: (request: Request) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const deadline = this.#addressing.deadline(request);
    await this.#within(asked, deadline);
    return run({ ...request, timeoutMilliseconds: timeLeft(this.#clock, deadline, tooLate) });
  }

  #within(asked: Promise<void>, deadline: number): Promise<void> {
    const left = deadline - this.#clock.monotonicMilliseconds();
    const patience = Math.min(PATIENCE_MILLISECONDS, left * PATIENCE_SHARE);
    return new Promise((resolve) => {
      const cancel = this.#clock.after(patience, resolve);
      void asked.then(() => {
        cancel();
        resolve();
      });
    });
  }
}

function tooLate(): OperatingError {
  const message = 'the flags of the session token took all the time of the request';
  return new OperatingError('deadline_passed', message, { outcome: 'none' });
}
