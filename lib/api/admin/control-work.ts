/** Control requests at once: few, each with a deadline, and what was begun keeps its place. */
import { byDeadline } from '../../environment/by-deadline.js';
import type { Clock } from '../../environment/clock.js';
import { OperatingError } from '../../errors.js';

/** What asks other nodes ends at its deadline by itself, with what it knows; then this one cuts. */
const GRACE_MILLISECONDS = 250;

export class ControlWork {
  readonly #clock: Clock;
  readonly #atOnceMax: number;
  #underWay = 0;

  constructor(clock: Clock, atOnceMax: number) {
    this.#clock = clock;
    this.#atOnceMax = atOnceMax;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /**
   * Work that outlasts its request counts until it ends.
   * @throws OperatingError `overloaded`; `deadline_passed`: what was asked may still happen
   */
  async run<Result>(
    timeoutMilliseconds: number,
    work: () => Result | Promise<Result>,
  ): Promise<Result> {
    if (this.#underWay >= this.#atOnceMax) {
      throw new OperatingError('overloaded', 'too many control requests are under way here');
    }
    this.#underWay += 1;
    const done = Promise.resolve()
      .then(work)
      .finally(() => {
        this.#underWay -= 1;
      });
    const deadline = this.#clock.monotonicMilliseconds() + timeoutMilliseconds + GRACE_MILLISECONDS;
    return byDeadline(this.#clock, done, deadline, () => {
      const message = 'it was not done in time, and may still be done';
      return new OperatingError('deadline_passed', message, { outcome: 'unknown' });
    });
  }
}
