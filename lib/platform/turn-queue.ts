/** What is written to sockets in one turn of the event loop, one after the other at its end. */

/**
 * Whoever waits for a socket is woken by the first write that finds it idle. Writes that come one
 * by one, each after a little work, wake it each time, and waking costs more than the write; those
 * that come together find it awake (docs/performance.md, Profiles).
 */
export class TurnQueue {
  #waiting: (() => void)[] = [];

  /**
   * Runs it after all that this turn and the next read from sockets, before a wait for more: under
   * load twice as much comes together as after one turn, and where there is none a turn takes
   * microseconds. `run` must not throw.
   */
  readonly add = (run: () => void): void => {
    this.#waiting.push(run);
    if (this.#waiting.length > 1) return;
    setImmediate(() => {
      setImmediate(() => {
        const due = this.#waiting;
        this.#waiting = [];
        for (const write of due) write();
      });
    });
  };
}
