/**
 * How a request goes down through its levels: the one that it names, then its fallbacks. Each may
 * take its share of the time that is left. Pure; part of `ReadCore` and `WriteCore`.
 */
import { assert } from '../../errors.js';
import { type Attempt, endOfShare } from './level.js';

const NEVER = Number.POSITIVE_INFINITY;

export class Descent {
  readonly #timeoutMilliseconds: number;
  #left: readonly Attempt[];
  #endsAt = NEVER;

  /** @param timeoutMilliseconds of the whole request, since it began */
  constructor(attempts: readonly Attempt[], timeoutMilliseconds: number) {
    this.#left = attempts;
    this.#timeoutMilliseconds = timeoutMilliseconds;
  }

  /** The level that is tried, with its quorum. */
  get current(): Attempt {
    const [attempt] = this.#left;
    assert(attempt !== undefined, 'an attempt is under way');
    return attempt;
  }

  /** What may still be reached: the present level, and those below it. */
  get left(): readonly Attempt[] {
    return this.#left;
  }

  /** When the share of the present level is over; infinite while it does not count. */
  get endsAt(): number {
    return this.#endsAt;
  }

  /** From now on the present level takes its share. @param now milliseconds since it began */
  begin(now: number): void {
    this.#endsAt = endOfShare(now, this.#timeoutMilliseconds, this.#left.length);
  }

  /** Another node has the request: only the deadline of the whole counts. */
  pause(): void {
    this.#endsAt = NEVER;
  }

  /** To the next level. @returns false: there is none, and nothing has changed */
  next(): boolean {
    if (this.#left.length === 1) return false;
    this.#left = this.#left.slice(1);
    return true;
  }

  /** Leaves out the levels that too few replicas are up for. @returns false: that is all of them */
  keepPossible(): boolean {
    const possible = this.#left.filter(({ isPossible }) => isPossible);
    if (possible.length === 0) return false;
    this.#left = possible;
    return true;
  }
}
