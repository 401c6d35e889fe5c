/** What comes up in one turn of the event loop, done one after the other a little later. */

/**
 * Cohort scheduling (Larus, Parkes: Using Cohort Scheduling to Enhance Server Performance, 2002):
 * the same work for many, one after the other, finds its code in the processor's caches; between
 * reads from sockets and parsing it is fetched anew for each. And whoever waits for a socket is
 * woken by the first write that finds it idle: writes that come one by one, each after a little
 * work, wake it each time, and waking costs more than the write (docs/decisions/0011).
 */
export class TurnQueue {
  readonly #turns: number;
  #waiting: (() => void)[] = [];

  /**
   * @param turns how many of the event loop it gathers, this one included. Where there is no load
   * a turn takes microseconds.
   */
  constructor(turns: number) {
    this.#turns = turns;
  }

  /** Runs it after all that these turns read from sockets. `run` must not throw. */
  readonly add = (run: () => void): void => {
    this.#waiting.push(run);
    if (this.#waiting.length === 1) this.#wait(this.#turns);
  };

  #wait(turns: number): void {
    setImmediate(() => {
      if (turns > 1) this.#wait(turns - 1);
      else this.#runAll();
    });
  }

  #runAll(): void {
    const due = this.#waiting;
    this.#waiting = [];
    for (const run of due) run();
  }
}
