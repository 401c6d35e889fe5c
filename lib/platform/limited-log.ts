/** A log that strangers can write to: a few lines in each window, then a count of the rest. */
import type { Clock } from '../environment/clock.js';
import type { LogFields, Observer, Severity } from '../environment/observer.js';

const LINES_MAX = 10;
const WINDOW_MILLISECONDS = 10_000;

export class LimitedLog {
  readonly #observer: Observer;
  readonly #clock: Clock;
  #windowBegan = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #suppressed = 0;

  constructor(observer: Observer, clock: Clock) {
    this.#observer = observer;
    this.#clock = clock;
  }

  log(severity: Severity, event: string, fields: LogFields): void {
    const now = this.#clock.monotonicMilliseconds();
    if (now - this.#windowBegan >= WINDOW_MILLISECONDS) {
      this.#windowBegan = now;
      this.#lines = 0;
    }
    if (this.#lines >= LINES_MAX) {
      this.#suppressed += 1;
      return;
    }
    this.#lines += 1;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    this.#observer.log(severity, event, suppressed === 0 ? fields : { ...fields, suppressed });
  }
}
